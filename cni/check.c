/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "attachment.h"
#include "cleanup.h"
#include "confine.h"
#include "route.h"
#include "routed.h"

static int check_host(struct rtnl *host, const struct conf *conf, const struct ipam_owner *owner,
		      const struct previous *previous, struct kinc_error *err)
{
	struct link bridge = {0}, port = {0};
	char name[IFNAMSIZ];
	int status = link_get(host, conf->bridge, &bridge, err);

	attachment_host_name(owner, name);
	if (status == 0)
		status = link_get(host, name, &port, err);
	if (status < 0)
		return status;
	if (strcmp(bridge.kind, "bridge") != 0 || !bridge.up)
		return kinc_error_set(err, ENOENT, "%s is no bridge that is up", conf->bridge);
	if (!port.up)
		return kinc_error_set(err, ENOENT, "%s is down", name);
	if (conf->routed)
		return routed_check(host, &port, previous, err);
	if (port.master != bridge.index)
		return kinc_error_set(err, ENOENT, "%s is not a port of %s", name, conf->bridge);
	const struct link_port wanted = attachment_port(conf);
	if (port.hairpin != wanted.hairpin || port.isolated != wanted.isolated ||
	    port.locked != wanted.locked)
		return kinc_error_set(err, ENOENT,
				      "%s has hairpin mode %s, isolation %s and lock %s", name,
				      port.hairpin ? "on" : "off", port.isolated ? "on" : "off",
				      port.locked ? "on" : "off");
	if (conf->promiscuous && !bridge.promiscuous)
		return kinc_error_set(err, ENOENT, "%s is not promiscuous", conf->bridge);
	return 0;
}

static int check_gateways(struct rtnl *host, const struct conf *conf,
			  const struct previous *previous, struct kinc_error *err)
{
	struct link bridge = {0};
	int status = conf->gateway ? link_get(host, conf->bridge, &bridge, err) : 0;

	for (size_t i = 0; conf->gateway && status == 0 && i < previous->count; i++) {
		const struct ip_range *range = previous->leases[i].range;
		struct ip_prefix gateway = {range->gateway, range->subnet.length};
		status = address_check(host, bridge.index, &gateway, err);
	}
	if (status < 0)
		kinc_error_prefix(err, "bridge %s", conf->bridge);
	return status;
}

static int check_pod(struct rtnl *pod, const struct conf *conf, const char *ifname,
		     const struct previous *previous, struct kinc_error *err)
{
	struct link link = {0};
	char mac[MAC_TEXT_MAX];
	int status = link_get(pod, ifname, &link, err);

	if (status < 0)
		return status;
	if (strcmp(link.kind, "veth") != 0 || !link.up)
		return kinc_error_set(err, ENOENT, "%s in the pod is no veth that is up", ifname);
	if (previous->mac[0] && strcasecmp(previous->mac, mac_format(link.mac, mac)) != 0)
		return kinc_error_set(err, ENOENT, "%s in the pod has MAC %s, not %s", ifname, mac,
				      previous->mac);
	for (size_t i = 0; status == 0 && i < previous->count; i++) {
		const struct lease *lease = &previous->leases[i];
		struct ip_prefix prefix = {lease->address, lease->range->subnet.length};
		status = address_check(pod, link.index, &prefix, err);
	}
	for (size_t i = 0; i < previous->count; i++) {
		struct conf_route routes[2];
		size_t count = attachment_subnet_routes(conf, &previous->leases[i], routes);
		for (size_t j = 0; status == 0 && j < count; j++)
			status = route_check(pod, link.index, &routes[j],
					     routes[j].gateway.family ? &routes[j].gateway : NULL,
					     err);
	}
	for (size_t i = 0; status == 0 && i < conf->route_count; i++)
		status = route_check(
			pod, link.index, &conf->routes[i],
			result_gateway(&conf->routes[i], previous->leases, previous->count), err);
	return status;
}

int attachment_check(const struct args *args, const struct conf *conf, enum cni_code *code,
		     struct kinc_error *err)
{
	cleanup_pod struct pod pod = POD_NONE;
	cleanup_rtnl struct rtnl host = RTNL_CLOSED;
	cleanup_ipam struct ipam ipam = IPAM_NONE;
	struct previous previous = {0};
	int status;

	*code = CNI_INVALID_CONFIG;
	status = result_read_previous(conf, args->owner.ifname, &previous, err);
	if (status < 0)
		return status;
	status = attachment_enter(args, POD_LOOK, &pod, code, err);
	if (status == 0)
		status = confine_calls(err);
	if (status == 0)
		status = rtnl_open(&host, err);
	if (status == 0)
		status = ipam_open_existing(&ipam, conf, err);
	if (status < 0)
		return status;

	*code = CNI_MISMATCH;
	for (size_t i = 0; status == 0 && i < previous.count; i++)
		status = ipam_check(&ipam, &args->owner, &previous.leases[i].address, err);
	if (status == 0)
		status = check_host(&host, conf, &args->owner, &previous, err);
	if (status == 0)
		status = check_gateways(&host, conf, &previous, err);
	if (status == 0)
		status = check_pod(&pod.rtnl, conf, args->owner.ifname, &previous, err);
	return status;
}
