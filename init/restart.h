/* SPDX-License-Identifier: MIT */
#ifndef INIT_RESTART_H
#define INIT_RESTART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unit.h"

/* The last restarts, as far as the limit needs them. */
struct restart_history {
	uint64_t *times_ms; /* a ring of spec->limit */
	size_t count, next;
	unsigned streak; /* restarts since it last stood for a while */
};

/* Does a list such as success_exit name this end, a status as of waitpid(2)? */
bool restart_names_end(const struct list *ends, int status);

/*
 * Decides after an end: the delay in ms before the next try, or -1 for none.
 * ready_ms is for how long it was ready (0: never). A unit that stood longer
 * than its window begins again with the shortest delay. *ret_limited tells
 * that only the limit speaks against it.
 */
int restart_decide(const struct restart_spec *spec, enum restart_policy policy, bool failed,
		   struct restart_history *history, uint64_t now_ms, uint64_t ready_ms,
		   bool *ret_limited);

#endif
