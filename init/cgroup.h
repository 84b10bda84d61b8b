/* SPDX-License-Identifier: MIT */
#ifndef INIT_CGROUP_H
#define INIT_CGROUP_H

#include <stdbool.h>

#include "error.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
#define CGROUP_UNITS CGROUP_ROOT "/kinc"

/* Is a cgroup v2 hierarchy mounted at CGROUP_ROOT? */
bool cgroup_mounted(void);

/* Makes and opens the directory of a unit's cgroup: a descriptor, or -errno. */
int cgroup_open(const char *unit, struct kinc_error *err);

/* Opens its cgroup.events, which EPOLLPRI tells about: a descriptor, or -errno. */
int cgroup_events_open(int cgroup);
/* Reads it: are there processes in the cgroup or below it? */
bool cgroup_events_populated(int events);

/* Signals every process that is directly in it; SIGKILL ends the whole subtree. */
void cgroup_signal(int cgroup, int number);

/* Removes a unit's empty cgroup, if it is there. */
void cgroup_remove(const char *unit);

#endif
