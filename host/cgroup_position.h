/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_CGROUP_POSITION_H
#define KINC_HOST_CGROUP_POSITION_H

/*
 * The "0::" path (cgroup v2) out of the text of /proc/PID/cgroup, the caller's
 * to free; NULL when it has none.
 */
char *cgroup_position_parse(const char *text);

#endif
