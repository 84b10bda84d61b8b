/* SPDX-License-Identifier: MIT */
#include "attachment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bridge.h"
#include "cleanup.h"
#include "hash.h"
#include "masquerade.h"
#include "netns.h"
#include "route.h"

void attachment_host_name(const struct ipam_owner *owner, char name[IFNAMSIZ])
{
	uint64_t hash = HASH_START;

	hash = hash_bytes(hash, owner->container, strlen(owner->container) + 1);
	hash = hash_bytes(hash, owner->ifname, strlen(owner->ifname));
	snprintf(name, IFNAMSIZ, "veth%011llx", (unsigned long long)(hash >> 20));
}

int attachment_enter(const struct args *args, int *ret_netns, struct rtnl *ret_rtnl,
		     enum cni_code *code, struct kinc_error *err)
{
	cleanup_close int netns = netns_open(args->netns, err);

	if (netns < 0) {
		*code = netns == -ENOENT ? CNI_UNKNOWN_CONTAINER : CNI_INVALID_ENVIRONMENT;
		return netns;
	}
	*code = CNI_IO_FAILURE;
	int result = netns_rtnl_open(netns, ret_rtnl, err);
	if (result == 0)
		*ret_netns = steal_fd(&netns);
	return result;
}

/* Everything in the pod: addresses, up, routes; the peer exists. */
static int configure_pod(struct rtnl *pod, const struct conf *conf, const char *ifname,
			 struct result *result, struct kinc_error *err)
{
	int status = link_get(pod, ifname, &result->pod, err);
	int index = result->pod.index;

	for (size_t i = 0; status == 0 && i < conf->set_count; i++) {
		const struct lease *lease = &result->leases[i];
		struct ip_prefix prefix = {lease->address, lease->range->subnet.length};
		status = address_add(pod, index, &prefix, err);
	}
	if (status == 0)
		status = link_set_up(pod, index, err);
	for (size_t i = 0; status == 0 && i < conf->route_count; i++) {
		const struct conf_route *route = &conf->routes[i];
		status = route_add(pod, index, &route->destination,
				   result_gateway(route, result->leases, conf->set_count), err);
		if (status == -EEXIST)
			status = 0;
	}
	return status;
}

/* Longer than the kernel takes under load, shorter than a pod's first retry. */
#define READY_MS 500

/* The veth pair, ready for the pod's first packet. On failure it is gone. */
static int connect_pod(struct rtnl *host, struct rtnl *pod, int netns, const struct args *args,
		       const struct conf *conf, struct result *result, struct kinc_error *err)
{
	cleanup_rtnl struct rtnl monitor = RTNL_CLOSED;
	unsigned char mac[6];
	char name[IFNAMSIZ];

	attachment_host_name(&args->owner, name);
	ip_to_mac(&result->leases[0].address, mac);
	struct link_veth veth = {
		.name = name,
		.bridge = result->bridge.index,
		.peer = args->owner.ifname,
		.peer_netns = netns,
		.peer_mac = mac,
		.mtu = conf->mtu,
	};
	int status = rtnl_open_monitor(&monitor, err);
	if (status == 0)
		status = link_create_veth(host, &veth, err);
	if (status < 0)
		return status;
	status = link_get(host, name, &result->host, err);
	if (status == 0 && (conf->hairpin || conf->isolated))
		status =
			link_set_port(host, result->host.index, conf->hairpin, conf->isolated, err);
	if (status == 0)
		status = configure_pod(pod, conf, args->owner.ifname, result, err);
	if (status == 0)
		status = link_wait_ready(host, &monitor, &result->host, &result->bridge, READY_MS,
					 err);
	if (status < 0)
		link_delete(host, name, NULL);
	return status;
}

int attachment_add(const struct args *args, const struct conf *conf, struct result *ret_result,
		   enum cni_code *code, struct kinc_error *err)
{
	cleanup_close int netns = -EBADF;
	cleanup_rtnl struct rtnl pod = RTNL_CLOSED;
	cleanup_rtnl struct rtnl host = RTNL_CLOSED;
	cleanup_ipam struct ipam ipam = IPAM_NONE;
	struct result result = {.netns = args->netns};
	int status = attachment_enter(args, &netns, &pod, code, err);

	if (status == 0)
		status = rtnl_open(&host, err);
	if (status < 0)
		return status;
	*code = CNI_EXISTS;
	status = link_get(&pod, args->owner.ifname, &result.pod, err);
	if (status == 0)
		return kinc_error_set(err, EEXIST, "interface %s exists in %s already",
				      args->owner.ifname, args->netns);
	*code = CNI_NETWORK;
	if (status != -ENODEV)
		return status;
	status = bridge_ensure(&host, conf, &result.bridge, err);
	if (status == 0 && conf->masquerade)
		status = masquerade_ensure(conf, err);
	if (status < 0)
		return status;

	*code = CNI_IO_FAILURE;
	status = ipam_open(&ipam, conf, err);
	if (status == 0)
		status = ipam_reserve(&ipam, conf, &args->owner, result.leases, err);
	if (status == -EEXIST)
		*code = CNI_EXISTS;
	if (status == -ENOSPC)
		*code = CNI_EXHAUSTED;
	if (status < 0)
		return status;

	*code = CNI_NETWORK;
	status = connect_pod(&host, &pod, netns, args, conf, &result, err);
	if (status == -EEXIST)
		*code = CNI_EXISTS;
	if (status < 0) {
		ipam_release(&ipam, &args->owner, NULL);
		return status;
	}
	/* Nobody waits for it: what fails is found when the first packet goes out. */
	for (size_t i = 0; conf->gateway && i < conf->set_count; i++)
		neighbour_resolve(&pod, result.pod.index, &result.leases[i].range->gateway, NULL);
	*ret_result = result;
	return 0;
}

int attachment_delete(const struct ipam_owner *owner, const struct conf *conf, enum cni_code *code,
		      struct kinc_error *err)
{
	cleanup_rtnl struct rtnl host = RTNL_CLOSED;
	cleanup_ipam struct ipam ipam = IPAM_NONE;
	char name[IFNAMSIZ];
	int status;

	/* The host's end takes the pod's along, so the pod's namespace may be gone. */
	attachment_host_name(owner, name);
	*code = CNI_NETWORK;
	status = rtnl_open(&host, err);
	if (status == 0)
		status = link_delete(&host, name, err);
	if (status < 0 && status != -ENODEV)
		return status;
	/* Only now: an address must not be handed out while it still answers. */
	*code = CNI_IO_FAILURE;
	status = ipam_open_existing(&ipam, conf, err);
	return status < 0 ? status : ipam_release(&ipam, owner, err);
}
