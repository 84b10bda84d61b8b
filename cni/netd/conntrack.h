/* SPDX-License-Identifier: MIT */
#ifndef NETD_CONNTRACK_H
#define NETD_CONNTRACK_H

#include "nfnl.h"
#include "verdict.h"

/*
 * Established connections pass before any policy is looked at. Forgets those that
 * visit says are forbidden, so that their next packet is looked at as a new one.
 */
typedef bool conntrack_forbidden(void *context, const struct flow *flow);

/* Returns how many. EOPNOTSUPP: the kernel has no conntrack netlink. */
int conntrack_cut(struct nfnl *nfnl, conntrack_forbidden *visit, void *context,
		  struct kinc_error *err);

#endif
