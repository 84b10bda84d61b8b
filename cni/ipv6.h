/* SPDX-License-Identifier: MIT */
#ifndef CNI_IPV6_H
#define CNI_IPV6_H

#include "ip.h"
#include "pod.h"

/*
 * What IPv6 leaves to a worker of the kernel: an address exists at once and
 * serves some time later. A pod whose ADD has ended must not wait for it.
 */

/*
 * The link-local address that the kernel would give a link later, at once: its
 * own is tentative until a worker has looked at it, even where there is no DAD,
 * and a link without one asks for no neighbour. Before the link is up.
 */
int ipv6_set_link_local(struct rtnl *rtnl, const struct link *link, struct kinc_error *err);

/*
 * Waits until the pod's link runs (before that it has no IPv6, not even to
 * send) and packets to its link-local and the given addresses are taken, at most
 * that long. Being late is no failure.
 */
int ipv6_wait_ready(struct pod *pod, struct link *link, const struct ip_address *const *addresses,
		    size_t count, int timeout_ms, struct kinc_error *err);

/* An unsolicited neighbour advertisement for an address of link; best effort. */
void ipv6_announce(const struct pod *pod, const struct link *link,
		   const struct ip_address *address);

#endif
