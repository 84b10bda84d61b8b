/* SPDX-License-Identifier: MIT */
#ifndef INIT_EXPAND_H
#define INIT_EXPAND_H

#include "cleanup.h"
#include "template.h"
#include "unit.h"

/*
 * What a child is started with: strings of a unit with their {{NAME}}s
 * replaced. All results are the caller's to free (expand_free for arrays);
 * NULL after an error.
 */
char *expand_text(const char *text, const struct variables *variables, struct kinc_error *err);
char **expand_strings(const struct strings *strings, const struct variables *variables,
		      struct kinc_error *err);

/*
 * PID 1's environment without what is meant for PID 1 alone, PATH, the
 * variables, NOTIFY_SOCKET (notify, may be NULL) and WATCHDOG_USEC, and the
 * unit's own on top.
 */
char **expand_environment(const struct unit *unit, const struct variables *variables,
			  const char *notify, struct kinc_error *err);

void expand_free(char **strings);
static inline void expand_cleanup(char ***strings)
{
	expand_free(*strings);
}
#define cleanup_argv __attribute__((cleanup(expand_cleanup)))

#endif
