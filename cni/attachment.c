/* SPDX-License-Identifier: MIT */
#include "attachment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bridge.h"
#include "cleanup.h"
#include "conf_ranges.h"
#include "confine.h"
#include "hash.h"
#include "ipv6.h"
#include "isolation.h"
#include "masquerade.h"
#include "route.h"
#include "routed.h"

void attachment_host_name(const struct ipam_owner *owner, char name[IFNAMSIZ])
{
	uint64_t hash = HASH_START;

	hash = hash_bytes(hash, owner->container, strlen(owner->container) + 1);
	hash = hash_bytes(hash, owner->ifname, strlen(owner->ifname));
	snprintf(name, IFNAMSIZ, "veth%011llx", (unsigned long long)(hash >> 20));
}

int attachment_enter(const struct args *args, enum pod_use use, struct pod *ret_pod,
		     enum cni_code *code, struct kinc_error *err)
{
	int result = pod_open(ret_pod, args->netns, use, err);

	*code = CNI_IO_FAILURE;
	if (result == 0)
		return confine_capabilities(err);
	if (result == -ENOENT)
		*code = CNI_UNKNOWN_CONTAINER;
	else if (result != -EMFILE && result != -ENFILE && result != -ENOMEM)
		*code = CNI_INVALID_ENVIRONMENT;
	return result;
}

static enum pod_use pod_use_of(const struct conf *conf)
{
	if (!conf_has_family(conf, AF_INET6))
		return POD_LOOK;
	return conf->isolated ? POD_IPV6_ROUTED : POD_IPV6;
}

/*
 * Isolated pods see only the gateway. On a bridge IPv4 has proxy_arp_pvlan for
 * the rest of the subnet; else it is a route.
 */
static bool is_routed(const struct conf *conf, const struct lease *lease)
{
	return conf->routed || (conf->isolated && lease->address.family == AF_INET6);
}

size_t attachment_subnet_routes(const struct conf *conf, const struct lease *lease,
				struct conf_route routes[2])
{
	const struct ip_range *range = lease->range;

	if (!is_routed(conf, lease))
		return 0;
	routes[0] = (struct conf_route){
		.destination = {range->gateway,
				(unsigned)ip_size(range->gateway.family) * 8},
		.scope = -1};
	routes[1] = (struct conf_route){
		.destination = range->subnet, .gateway = range->gateway, .scope = -1};
	return 2;
}

static int add_route(struct rtnl *pod, int index, const struct conf_route *route,
		     const struct ip_address *gateway, struct kinc_error *err)
{
	int status = route_add(pod, index, route, gateway, err);

	return status == -EEXIST ? 0 : status;
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
		status = address_add(pod, index, &prefix, !is_routed(conf, lease), err);
	}
	if (status == 0 && conf_has_family(conf, AF_INET6))
		status = ipv6_set_link_local(pod, &result->pod, err);
	if (status == 0)
		status = link_set_up_notifying(pod, index, err);
	for (size_t i = 0; i < conf->set_count; i++) {
		struct conf_route routes[2];
		size_t count = attachment_subnet_routes(conf, &result->leases[i], routes);
		for (size_t j = 0; status == 0 && j < count; j++)
			status = add_route(pod, index, &routes[j],
					   routes[j].gateway.family ? &routes[j].gateway : NULL,
					   err);
	}
	for (size_t i = 0; status == 0 && i < conf->route_count; i++) {
		const struct conf_route *route = &conf->routes[i];
		status = add_route(pod, index, route,
				   result_gateway(route, result->leases, conf->set_count), err);
	}
	return status;
}

/* As the bridge shall treat the pod's port; both ends exist. */
static int configure_port(struct rtnl *host, const struct conf *conf, struct result *result,
			  struct kinc_error *err)
{
	const struct link_port port = attachment_port(conf);
	int status = 0;

	/* First the station, then the lock: nothing of the pod is dropped between. */
	if (port.locked)
		status = link_add_station(host, result->host.index, result->pod.mac, err);
	if (status == 0 && (port.hairpin || port.isolated || port.locked))
		status = link_set_port(host, result->host.index, &port, err);
	if (status == 0 && port.locked)
		status = link_get(host, result->host.name, &result->host, err);
	if (status == 0 && port.locked && !result->host.locked)
		return kinc_error_set(err, EOPNOTSUPP,
				      "macspoofchk needs ports that can be locked: Linux 5.18");
	return status;
}

struct link_port attachment_port(const struct conf *conf)
{
	return (struct link_port){
		.hairpin = conf->hairpin,
		.isolated = conf->isolated || conf->port_isolation,
		.locked = conf->mac_spoof_check,
	};
}

/* Longer than the kernel takes under load, shorter than a pod's first retry. */
#define READY_MS 500

static int wait_ipv6(struct pod *pod, const struct conf *conf, struct result *result,
		     struct kinc_error *err)
{
	const struct ip_address *addresses[CONF_SETS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < conf->set_count; i++)
		if (result->leases[i].address.family == AF_INET6)
			addresses[count++] = &result->leases[i].address;
	return ipv6_wait_ready(pod, &result->pod, addresses, count, READY_MS, err);
}

/* The veth pair, ready for the pod's first packet. On failure it is gone. */
static int connect_pod(struct rtnl *host, struct pod *pod, const struct args *args,
		       const struct conf *conf, struct result *result, struct kinc_error *err)
{
	cleanup_rtnl struct rtnl monitor = RTNL_CLOSED;
	unsigned char mac[6];
	char name[IFNAMSIZ];

	attachment_host_name(&args->owner, name);
	if (conf->wish.has_mac)
		memcpy(mac, conf->wish.mac, sizeof(mac));
	else if (conf->set_count)
		ip_to_mac(&result->leases[0].address, mac);
	struct link_veth veth = {
		.name = name,
		.bridge = conf->routed ? 0 : result->bridge.index,
		.peer = args->owner.ifname,
		.peer_netns = pod->netns,
		.peer_mac = conf->wish.has_mac || conf->set_count ? mac : NULL,
		.mtu = conf->mtu ? conf->mtu : result->bridge.mtu,
	};
	int status = rtnl_open_monitor(&monitor, RTMGRP_LINK, err);
	if (status == 0)
		status = link_create_veth(host, &veth, err);
	if (status < 0)
		return status;
	status = link_get(host, name, &result->host, err);
	if (status == 0)
		status = configure_pod(&pod->rtnl, conf, args->owner.ifname, result, err);
	if (status == 0)
		status = conf->routed ? routed_connect(host, &pod->rtnl, conf, result, err)
				      : configure_port(host, conf, result, err);
	if (status == 0)
		status = link_wait_ready(host, &monitor, &result->host,
					 conf->routed ? NULL : &result->bridge, READY_MS, err);
	if (status == 0 && conf_has_family(conf, AF_INET6))
		status = wait_ipv6(pod, conf, result, err);
	if (status < 0)
		link_delete(host, name, NULL);
	return status;
}

/* Nobody waits for it: what fails is found when the first packet goes out. */
static void announce(struct pod *pod, const struct conf *conf, const struct result *result)
{
	/* Both ends know each other already, and there is nobody else on the link. */
	if (conf->routed)
		return;
	/* Who has an address of before with another MAC learns of it now. */
	if (conf_has_family(conf, AF_INET))
		link_notify(&pod->rtnl, &result->pod, NULL);
	for (size_t i = 0; i < conf->set_count; i++) {
		const struct lease *lease = &result->leases[i];
		if (lease->address.family == AF_INET6)
			ipv6_announce(pod, &result->pod, &lease->address);
		if (conf->gateway)
			neighbour_resolve(&pod->rtnl, result->pod.index, &lease->range->gateway,
					  NULL);
	}
}

int attachment_add(const struct args *args, const struct conf *conf, struct result *ret_result,
		   enum cni_code *code, struct kinc_error *err)
{
	cleanup_pod struct pod pod = POD_NONE;
	cleanup_rtnl struct rtnl host = RTNL_CLOSED;
	cleanup_ipam struct ipam ipam = IPAM_NONE;
	struct result result = {.netns = args->netns};
	int status = attachment_enter(args, pod_use_of(conf), &pod, code, err);

	if (status == 0)
		status = rtnl_open(&host, err);
	if (status < 0)
		return status;
	*code = CNI_EXISTS;
	status = link_get(&pod.rtnl, args->owner.ifname, &result.pod, err);
	if (status == 0)
		return kinc_error_set(err, EEXIST, "interface %s exists in %s already",
				      args->owner.ifname, args->netns);
	*code = CNI_NETWORK;
	if (status != -ENODEV)
		return status;
	status = bridge_ensure(&host, conf, &result.bridge, err);
	if (status < 0)
		return status;
	*code = CNI_IO_FAILURE;
	status = ipam_open(&ipam, conf, err);
	if (status < 0)
		return status;
	*code = CNI_NETWORK;
	if (conf->masquerade && conf->set_count)
		status = masquerade_ensure(&ipam, conf, err);
	if (status < 0)
		return status;

	*code = CNI_IO_FAILURE;
	status = confine_calls(err);
	if (status == 0)
		status = ipam_reserve(&ipam, conf, &args->owner, result.leases, err);
	if (status == -EEXIST)
		*code = CNI_EXISTS;
	if (status == -ENOSPC || status == -EADDRINUSE)
		*code = CNI_EXHAUSTED;
	if (status < 0)
		return status;

	*code = CNI_NETWORK;
	status = connect_pod(&host, &pod, args, conf, &result, err);
	if (status == -EEXIST)
		*code = CNI_EXISTS;
	if (status < 0) {
		ipam_release(&ipam, &args->owner, NULL);
		return status;
	}
	announce(&pod, conf, &result);
	if (conf->gate)
		isolation_await(conf, &result);
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
