/* SPDX-License-Identifier: MIT */
#ifndef CNI_NETNS_H
#define CNI_NETNS_H

#include "rtnl.h"

/*
 * Opens a network namespace by path, once: what was checked is what is used.
 * Refuses what is no network namespace, and the caller's own. -ENOENT: there
 * is no such path. Returns the descriptor.
 */
int netns_open(const char *path, struct kinc_error *err);

/*
 * Enters the namespace, opens a routing socket there, and comes back. A thread
 * that can't come back has lost its way: the process ends (exit status 111).
 */
int netns_rtnl_open(int netns, struct rtnl *ret_rtnl, struct kinc_error *err);

#endif
