/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: neighbours are told, not asked for. So the first packet
 * goes out at once, in either direction, and nothing depends on who answers
 * ARP for whom. They and the routes vanish with the veth.
 */
#include "routed.h"

#include <errno.h>

#include "route.h"

static struct conf_route route_to(const struct lease *lease)
{
	return (struct conf_route){
		.destination = {lease->address, (unsigned)ip_size(lease->address.family) * 8},
		.scope = -1,
	};
}

static int connect_address(struct rtnl *host, struct rtnl *pod, const struct result *result,
			   const struct lease *lease, struct kinc_error *err)
{
	const struct conf_route route = route_to(lease);
	const struct ip_address *gateway = &lease->range->gateway;
	/* IPv6 asks for a source on the link itself, and finds the gateway's without. */
	int status = route_add_from(host, result->host.index, &route, NULL,
				    lease->address.family == AF_INET ? gateway : NULL, err);

	if (status == -EEXIST)
		return kinc_error_set(err, EADDRINUSE, "%s",
				      "the node has a route to the pod's address already");
	if (status == 0)
		status = neighbour_set(host, result->host.index, &lease->address, result->pod.mac,
				       err);
	if (status == 0)
		status = neighbour_set(pod, result->pod.index, gateway, result->host.mac, err);
	return status;
}

int routed_connect(struct rtnl *host, struct rtnl *pod, const struct conf *conf,
		   const struct result *result, struct kinc_error *err)
{
	int status = link_set_strict(host, result->host.index, err);

	for (size_t i = 0; status == 0 && i < conf->set_count; i++)
		status = connect_address(host, pod, result, &result->leases[i], err);
	return status;
}

int routed_check(struct rtnl *host, const struct link *end, const struct previous *previous,
		 struct kinc_error *err)
{
	int status = 0;

	if (end->master)
		return kinc_error_set(err, ENOENT, "%s is a port of a bridge", end->name);
	for (size_t i = 0; status == 0 && i < previous->count; i++) {
		const struct conf_route route = route_to(&previous->leases[i]);
		status = route_check(host, end->index, &route, NULL, err);
	}
	return status;
}
