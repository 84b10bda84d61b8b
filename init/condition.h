/* SPDX-License-Identifier: MIT */
#ifndef INIT_CONDITION_H
#define INIT_CONDITION_H

#include "template.h"
#include "unit.h"

/*
 * Do all conditions hold? If not, why says which does not, and what was found
 * instead. Nothing in it waits.
 */
bool condition_holds(const struct condition_spec *condition, const struct variables *variables,
		     char *why, size_t size);

#endif
