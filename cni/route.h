/* SPDX-License-Identifier: MIT */
#ifndef CNI_ROUTE_H
#define CNI_ROUTE_H

#include "conf.h"
#include "rtnl.h"

/*
 * -EEXIST where the interface carries it already. on_link: with the route that
 * says that the whole subnet is reached without a gateway.
 */
int address_add(struct rtnl *rtnl, int index, const struct ip_prefix *prefix, bool on_link,
		struct kinc_error *err);
int address_delete(struct rtnl *rtnl, int index, const struct ip_prefix *prefix,
		   struct kinc_error *err);

/*
 * Whether packets to an own address are taken. For IPv6 a worker sees to that
 * some time after the address was added, DAD or not.
 */
int address_is_received(struct rtnl *rtnl, const struct ip_address *address, bool *ret,
			struct kinc_error *err);

/* Every address of an interface, both families. */
typedef void address_visit(const struct ip_prefix *prefix, void *context);
int address_each(struct rtnl *rtnl, int index, address_visit *visit, void *context,
		 struct kinc_error *err);

/* gateway NULL: a route on the link itself. -EEXIST where there is such a route. */
int route_add(struct rtnl *rtnl, int index, const struct conf_route *route,
	      const struct ip_address *gateway, struct kinc_error *err);

/* The same, with the address that own packets on it bear (family 0: the kernel's choice). */
int route_add_from(struct rtnl *rtnl, int index, const struct conf_route *route,
		   const struct ip_address *gateway, const struct ip_address *source,
		   struct kinc_error *err);

/* The interface of the default route, that of IPv4 first; 0: there is none. */
int route_uplink(struct rtnl *rtnl, int *ret_index, struct kinc_error *err);

/*
 * Has the kernel ask for the link address of a neighbour, and again after a
 * second if need be. The question is a broadcast that tells everybody else who
 * asks: it does what a gratuitous ARP does, without a packet socket, whose
 * close(2) waits 10 ms for an RCU grace period.
 */
int neighbour_resolve(struct rtnl *rtnl, int index, const struct ip_address *address,
		      struct kinc_error *err);

/* From now on the neighbour has that link address, and is never asked for it. */
int neighbour_set(struct rtnl *rtnl, int index, const struct ip_address *address,
		  const unsigned char mac[6], struct kinc_error *err);

/* 0, or -ENOENT with a sentence. */
int address_check(struct rtnl *rtnl, int index, const struct ip_prefix *prefix,
		  struct kinc_error *err);
int route_check(struct rtnl *rtnl, int index, const struct conf_route *route,
		const struct ip_address *gateway, struct kinc_error *err);

#endif
