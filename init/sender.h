/* SPDX-License-Identifier: MIT */
#ifndef INIT_SENDER_H
#define INIT_SENDER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Is the process in the unit's cgroup or below it? False when it has gone:
 * nobody can tell then. Reads /proc, which does not block.
 */
bool sender_is_in_unit(pid_t pid, const char *unit);

/*
 * The text of /proc/PID/cgroup, and the root of the hierarchy that is mounted
 * where units have their cgroups, as /proc/self/mountinfo has it.
 */
bool sender_path_is_in_unit(const char *cgroups, const char *root, const char *unit);

#endif
