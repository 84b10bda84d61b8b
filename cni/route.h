/* SPDX-License-Identifier: MIT */
#ifndef CNI_ROUTE_H
#define CNI_ROUTE_H

#include "address.h"
#include "rtnl.h"

/* -EEXIST where the interface carries it already. */
int address_add(struct rtnl *rtnl, int index, const struct ip_prefix *prefix,
		struct kinc_error *err);

/* gateway NULL: a route on the link itself. -EEXIST where there is such a route. */
int route_add(struct rtnl *rtnl, int index, const struct ip_prefix *destination,
	      const struct ip_address *gateway, struct kinc_error *err);

/*
 * Has the kernel ask for the link address of a neighbour, and again after a
 * second if need be. The question is a broadcast that tells everybody else who
 * asks: it does what a gratuitous ARP does, without a packet socket, whose
 * close(2) waits 10 ms for an RCU grace period.
 */
int neighbour_resolve(struct rtnl *rtnl, int index, const struct ip_address *address,
		      struct kinc_error *err);

/* 0, or -ENOENT with a sentence. */
int address_check(struct rtnl *rtnl, int index, const struct ip_prefix *prefix,
		  struct kinc_error *err);
int route_check(struct rtnl *rtnl, int index, const struct ip_prefix *destination,
		const struct ip_address *gateway, struct kinc_error *err);

#endif
