/* SPDX-License-Identifier: MIT */
#ifndef INIT_GRAPH_FAULT_H
#define INIT_GRAPH_FAULT_H

#include "complaints.h"
#include "unit.h"

/*
 * A walk along "before" came to again, which is one of the depth units of its
 * path: tells the cycle, then the place of each of its edges.
 */
void graph_complain_cycle(struct unit *const *path, size_t depth, const struct unit *again,
			  struct complaints *complaints);

/* Complains about units in conflict that are started together by something. */
void graph_check_conflicts(struct unit_set *set, struct complaints *complaints);

#endif
