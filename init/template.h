/* SPDX-License-Identifier: MIT */
#ifndef INIT_TEMPLATE_H
#define INIT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* The variables of templates: KINC_* of PID 1's environment, NODE_NAME, and found_variables. */
#define VARIABLES_MAX 64
struct variables {
	size_t count;
	struct variable {
		char *name, *value;
	} items[VARIABLES_MAX];
};

/*
 * Variables that builtins find while the node boots. The sample is what the
 * check of unit files takes for the value.
 */
struct found_variable {
	const char *name, *builtin, *sample;
};
extern const struct found_variable found_variables[];
extern const size_t found_variable_count;

/* Takes every KINC_* from an environment. */
int variables_from_environment(struct variables *variables, char *const *environment,
			       struct kinc_error *err);
/* Sets or replaces one. */
int variables_set(struct variables *variables, const char *name, const char *value,
		  struct kinc_error *err);
void variables_unset(struct variables *variables, const char *name);
const char *variables_get(const struct variables *variables, const char *name, size_t length);
void variables_free(struct variables *variables);

/*
 * Replaces each {{NAME}} by its value; {{{{ stands for two braces. *ret_text
 * is the caller's to free. On error, which is -ENOENT for an unknown variable
 * and -EINVAL for braces that name none, *ret_offset (may be NULL) is where.
 */
int template_expand(const char *text, const struct variables *variables, char **ret_text,
		    size_t *ret_offset, struct kinc_error *err);

/*
 * Finds the first {{NAME}} at or after *offset and moves *offset behind it;
 * *ret_name points into text. False when there is none, -EINVAL never: braces
 * that name no variable count as a name of length 0.
 */
bool template_next(const char *text, size_t *offset, const char **ret_name, size_t *ret_length);

#endif
