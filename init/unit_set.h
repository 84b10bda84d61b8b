/* SPDX-License-Identifier: MIT */
#ifndef INIT_UNIT_SET_H
#define INIT_UNIT_SET_H

#include "unit.h"

/* A template may name its own instances; something must end that. */
#define UNITS_MAX 5000

/* Of that name, masked ones and templates too; NULL when there is none. */
struct unit *unit_set_lookup(const struct unit_set *set, const char *name);

/* Adds a unit with nothing but defaults, whose name must be new; NULL without memory or room. */
struct unit *unit_set_add(struct unit_set *set, const char *name);

/* Fills by_name from items: false without memory. */
bool unit_set_sort(struct unit_set *set);

/* Takes units out of items. They are still looked up, as what they are. */
void unit_set_drop(struct unit_set *set, bool (*dropped)(const struct unit *unit));

#endif
