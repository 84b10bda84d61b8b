/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_ENTER_H
#define KINC_HOST_ENTER_H

#include <stdbool.h>

#include "launch.h"

/*
 * Runs argv (NULL-terminated) in the ground of user, with the caller's stdio
 * and signals. Returns its exit status (128 + N after signal N) or -errno.
 */
int enter_run(const char *user, char *const *argv, struct kinc_error *err);

/* Whether the caller stands in a cgroup v2 cgroup of its own, as podman needs. */
bool enter_is_delegated(void);

/*
 * The caller's name (static), when the caller has to enter a ground to run
 * podman and one is there; else NULL.
 */
const char *enter_own_ground(void);

#endif
