/* SPDX-License-Identifier: MIT */
#ifndef INIT_GRAPH_H
#define INIT_GRAPH_H

#include <stdio.h>

#include "complaints.h"
#include "unit.h"

/*
 * Finds the units that requires, wants, after, wanted_by and conflicts name,
 * fills the edges of every unit, drops masked units from the set and puts the
 * rest into an order in which each comes after what it waits for. Complains
 * about names that are unknown, about a cycle, edge by edge, and about units
 * in conflict that something needs both.
 */
void graph_resolve(struct unit_set *set, struct complaints *complaints);

/*
 * What starting a unit starts: itself, and all that is reached through requires
 * and wants, into set->members; returns how many. What is marked in set->seen
 * is left out, with all that only it leads to; members are marked then.
 */
size_t graph_collect(struct unit_set *set, struct unit *from);

/* Marks what the target needs, itself included. */
void graph_mark_needed(struct unit_set *set, struct unit *target);

/* The boot order with what each unit waits for, one line each. */
void graph_print(const struct unit_set *set, FILE *out);

/* The same in Graphviz's language: an arrow leads from a unit to what it names. */
void graph_dot(const struct unit_set *set, FILE *out);

#endif
