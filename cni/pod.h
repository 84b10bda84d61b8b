/* SPDX-License-Identifier: MIT */
#ifndef CNI_POD_H
#define CNI_POD_H

#include "ip.h"
#include "link.h"
#include "rtnl.h"

/*
 * A pod's network namespace, by descriptor and by sockets that live in it: it
 * is entered once, when these are opened, and never again.
 */
struct pod {
	int netns;
	struct rtnl rtnl;
	struct rtnl monitor; /* of its links and IPv6 routes, where there will be IPv6 */
	int icmp6;	     /* raw; -EBADF: not asked for, or not allowed */
};

#define POD_NONE ((struct pod){-EBADF, RTNL_CLOSED, RTNL_CLOSED, -EBADF})

enum pod_use {
	POD_LOOK,	 /* the routing socket and no more */
	POD_IPV6,	 /* its next interface will have IPv6: with what ipv6_announce needs */
	POD_IPV6_ROUTED, /* and no redirects: other pods are reached through the node only */
};

/*
 * -ENOENT: there is no such path. -EINVAL: it is no network namespace, or our
 * own. Both before anything was touched.
 */
int pod_open(struct pod *ret_pod, const char *path, enum pod_use use, struct kinc_error *err);
void pod_close(struct pod *pod);
#define cleanup_pod __attribute__((cleanup(pod_close)))

#endif
