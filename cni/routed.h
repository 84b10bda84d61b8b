/* SPDX-License-Identifier: MIT */
#ifndef CNI_ROUTED_H
#define CNI_ROUTED_H

#include "link.h"
#include "result.h"

/*
 * Mode "routed": a pod's veth is in no bridge. The node has a route to each of
 * the pod's addresses, the pod one to the gateway's and by way of it into its
 * subnet (attachment_subnet_routes). The gateway's addresses stay on the
 * bridge, which has no ports then.
 */

/* What the ends of the veth have to know of each other; both are up. */
int routed_connect(struct rtnl *host, struct rtnl *pod, const struct conf *conf,
		   const struct result *result, struct kinc_error *err);

/* 0, or -ENOENT with a sentence. */
int routed_check(struct rtnl *host, const struct link *end, const struct previous *previous,
		 struct kinc_error *err);

#endif
