/* SPDX-License-Identifier: MIT */
#ifndef KINC_WRAPPER_REPORT_H
#define KINC_WRAPPER_REPORT_H

#include <stddef.h>
#include <stdio.h>

#include "error.h"

/* What was changed in one spec, in the order of the rules. */
struct change {
	const char *rule; /* static text, as in the rule table */
	char *path;	  /* where, like process.rlimits[0].hard */
	char *from;	  /* what stood there, cut when long */
	char *to;	  /* what stands there now; NULL: it was removed */
	char *reason;	  /* a sentence's end: "because ..." */
};

struct report {
	struct change *changes;
	size_t count;
};

#define cleanup_report __attribute__((cleanup(report_release)))

/* Takes the four strings over, also when it fails with ENOMEM. */
int report_add(struct report *report, const struct change *change, struct kinc_error *err);
void report_release(struct report *report);

/* Writes the changes as a JSON array, and one line for people per change. */
void report_write_json(const struct report *report, FILE *out);
void report_write_text(const struct report *report, FILE *out);

#endif
