/* SPDX-License-Identifier: MIT */
#ifndef INIT_STAMP_H
#define INIT_STAMP_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/*
 * The stamp of a oneshot: what it was run with, as hashes, so that the next
 * boot can tell whether it has to run again, and why. Everything here reads
 * and writes files and may block: only children of PID 1 call it.
 */
#define STAMP_DIRECTORY "/var/lib/kinc/stamps"
#define STAMP_WHY_MAX 400

/* What a run depends on; strings as they are after {{NAME}}s were replaced. */
struct stamp_facts {
	const char *unit;
	char *const *argv, *const *environment; /* of the unit alone; NULL at the end */
	char *const *inputs, *const *outputs;	/* paths; NULL at the end */
	const char *directory, *version;	/* NULL: none */
};

/* The stamp's text, the caller's to free. */
int stamp_compute(const struct stamp_facts *facts, char **ret_text, struct kinc_error *err);

/* Is the old text the stamp of the same run? If not, why gets what changed. */
bool stamp_matches(const char *old, size_t size, const char *now, char why[STAMP_WHY_MAX]);

/*
 * Before the run: 1 when it is needless, and why gets since when; otherwise 0,
 * why gets the reason to run, no stamp of an earlier run is left, and the one
 * of this run is prepared. An error means that it has to run and will leave no
 * stamp.
 */
int stamp_begin(const char *directory, const struct stamp_facts *facts, bool force,
		char why[STAMP_WHY_MAX], struct kinc_error *err);

/* After the run has succeeded: makes the prepared stamp valid, for crashes too. */
int stamp_keep(const char *directory, const char *unit, char *const *outputs,
	       struct kinc_error *err);

#endif
