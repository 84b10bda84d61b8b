/* SPDX-License-Identifier: MIT */
#ifndef INIT_RESOURCES_H
#define INIT_RESOURCES_H

#include <stdint.h>

#include "json.h"
#include "process_spec.h"

struct job;

/*
 * Writes the unit's "resources" into its cgroup, after enabling the controllers
 * that they need (and only those) for the cgroups of units. What does not hold
 * is a warning: the unit runs without.
 */
void resources_apply(struct job *job);

/* How many of its processes the kernel killed for want of memory. */
uint64_t resources_oom_kills(int cgroup);

/* What it uses now, read from its cgroup; null without one. */
cJSON *resources_object(const struct job *job);

#endif
