/* SPDX-License-Identifier: MIT */
#ifndef INIT_GRAPH_H
#define INIT_GRAPH_H

#include <stdio.h>

#include "complaints.h"
#include "unit.h"

/*
 * Finds the units that requires, wants, after and wanted_by name, fills the
 * edges of every unit, drops masked units from the set and puts the rest into
 * an order in which each comes after what it waits for. Complains about names
 * that are unknown and about a cycle, as "a -> b -> a".
 */
void graph_resolve(struct unit_set *set, struct complaints *complaints);

/* Marks what the target needs, itself included, through requires and wants. */
void graph_mark_needed(struct unit_set *set, struct unit *target);

/* The boot order with what each unit waits for, one line each. */
void graph_print(const struct unit_set *set, FILE *out);

#endif
