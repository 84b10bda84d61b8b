/* SPDX-License-Identifier: MIT */
#ifndef INIT_UNIT_LOAD_H
#define INIT_UNIT_LOAD_H

#include "complaints.h"
#include "template.h"
#include "unit.h"

/*
 * Loads every *.json of the directories, in that order. A file whose name was
 * seen in an earlier directory overrides single keys of that unit; others add
 * units. Faults are collected as complaints; the result is negative only for
 * what the system refused (err). A directory that is not there is skipped when
 * optional. any_kinc takes every {{KINC_...}} for known.
 */
struct unit_directory {
	const char *path;
	bool optional;
};
int units_load(struct unit_set *set, const struct unit_directory *directories, size_t count,
	       const struct variables *variables, bool any_kinc, struct complaints *complaints,
	       struct kinc_error *err);

/*
 * The same for one text, as if it were the file path of the unit name; used by
 * units_load and by tests. The text is copied.
 */
void units_add(struct unit_set *set, const char *name, const char *path, const char *text,
	       size_t size, const struct variables *variables, bool any_kinc,
	       struct complaints *complaints);

/* After the last units_add: sorts, and checks what was read. */
void units_finish(struct unit_set *set, struct complaints *complaints);

/* Frees what only loading and its messages needed. */
void units_forget_sources(struct unit_set *set);
void units_free(struct unit_set *set);

#endif
