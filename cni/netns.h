/* SPDX-License-Identifier: MIT */
#ifndef CNI_NETNS_H
#define CNI_NETNS_H

#include "error.h"

/*
 * Opens a network namespace by path, once: what was checked is what is used.
 * Refuses what is no network namespace, and the caller's own. -ENOENT: there
 * is no such path. Returns the descriptor.
 */
int netns_open(const char *path, struct kinc_error *err);

/*
 * Enters the namespace, calls inside there, and comes back. A thread that can't
 * come back has lost its way: the process ends (exit status 111). Sockets that
 * were opened inside stay there.
 */
typedef int netns_inside(void *context, struct kinc_error *err);
int netns_run(int netns, netns_inside *inside, void *context, struct kinc_error *err);

#endif
