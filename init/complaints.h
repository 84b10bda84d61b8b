/* SPDX-License-Identifier: MIT */
#ifndef INIT_COMPLAINTS_H
#define INIT_COMPLAINTS_H

#include <stddef.h>
#include <stdint.h>

#include "json_span.h"

#define COMPLAINTS_MAX 300

/*
 * Everything that is wrong with the unit files, one line each, so that one
 * look mends all of them. Zeroed = none.
 */
struct complaints {
	size_t count;
	char **lines;
	size_t lost; /* counted, but beyond COMPLAINTS_MAX or without memory for the line */
};

void complain(struct complaints *complaints, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same with "FILE:LINE:COLUMN: " of a node before it. */
void complain_at(struct complaints *complaints, const struct kinc_span_doc *doc, uint32_t node,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
void complaints_free(struct complaints *complaints);

#endif
