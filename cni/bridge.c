/* SPDX-License-Identifier: MIT */
#include "bridge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "conf_ranges.h"
#include "gateway.h"
#include "ipv6.h"
#include "route.h"
#include "sysctl.h"

static int isolate(const char *bridge, struct kinc_error *err)
{
	static const char *const filters[] = {"/proc/sys/net/bridge/bridge-nf-call-iptables",
					      "/proc/sys/net/bridge/bridge-nf-call-ip6tables"};
	char path[128];
	int result;

	/* A pod asks for a pod of its own subnet: the bridge answers in its place. */
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/proxy_arp_pvlan", bridge);
	result = sysctl_set(path, '1', err);
	/* The kernel waits up to 0.8 s at random before it answers for another. */
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/neigh/%s/proxy_delay", bridge);
	if (result == 0)
		result = sysctl_set(path, '0', err);
	/* Both must be 0, or the bridge tells pods of a shorter way that is closed. */
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/send_redirects", bridge);
	if (result == 0)
		result = sysctl_set(path, '0', err);
	if (result == 0)
		result = sysctl_set("/proc/sys/net/ipv4/conf/all/send_redirects", '0', err);
	/*
	 * br_netfilter, which kernels switch on by default, would turn a service's
	 * address into a pod's on the bridge already, where the way is closed.
	 */
	for (size_t i = 0; result == 0 && i < sizeof(filters) / sizeof(filters[0]); i++)
		if (access(filters[i], F_OK) == 0)
			result = sysctl_set(filters[i], '0', err);
	return result;
}

int bridge_forward(const struct conf *conf, struct kinc_error *err)
{
	int result = 0;

	/* Routed pods are no ports: nothing of theirs crosses the bridge. */
	if (conf->isolated && !conf->routed)
		result = isolate(conf->bridge, err);
	for (size_t i = 0; result == 0 && conf->gateway && i < conf->set_count; i++)
		result = sysctl_set(conf->sets[i].ranges[0].first.family == AF_INET
					    ? "/proc/sys/net/ipv4/ip_forward"
					    : "/proc/sys/net/ipv6/conf/all/forwarding",
				    '1', err);
	return result;
}

/* A bridge without a MAC of its own takes that of its lowest port. */
static int choose_mac(const struct conf *conf, unsigned char mac[6], struct kinc_error *err)
{
	if (conf->set_count) {
		ip_to_mac(&conf->sets[0].ranges[0].gateway, mac);
		return 0;
	}
	/* Other nodes may have a bridge of that name on the same wire. */
	if (getrandom(mac, 6, 0) != 6)
		return kinc_error_errno(err, errno, "no random bytes for a MAC");
	mac[0] = (unsigned char)((mac[0] & 0xfc) | 2);
	return 0;
}

static int create(struct rtnl *rtnl, const struct conf *conf, struct link *ret_bridge,
		  struct kinc_error *err)
{
	unsigned char mac[6];
	int result = choose_mac(conf, mac, err);

	if (result == 0)
		result = link_create_bridge(rtnl, conf->bridge, mac, err);
	/* Another ADD may have been faster. */
	return result == 0 || result == -EEXIST ? link_get(rtnl, conf->bridge, ret_bridge, err)
						: result;
}

/*
 * A bridge keeps an MTU that was set, not one that it was made with: when its last
 * port goes, it takes 1500 for that.
 */
static int prepare_mtu(struct rtnl *rtnl, const struct conf *conf, const struct link *bridge,
		       struct kinc_error *err)
{
	struct link uplink = {.mtu = conf->mtu};
	int index = 0, result = conf->mtu ? 0 : route_uplink(rtnl, &index, err);

	if (result == 0 && index)
		result = link_get_index(rtnl, index, &uplink, err);
	return result == 0 && uplink.mtu ? link_set_mtu(rtnl, bridge->index, uplink.mtu, err)
					 : result;
}

static int prepare_ipv6(struct rtnl *rtnl, const struct link *bridge, struct kinc_error *err)
{
	char path[128];
	int result = ipv6_set_link_local(rtnl, bridge, err);

	/* Its routes are ours to make. */
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_ra", bridge->name);
	return result < 0 ? result : sysctl_set(path, '0', err);
}

/* Up comes last: what an ADD that was killed left undone, the next one does. */
static int prepare(struct rtnl *rtnl, const struct conf *conf, struct link *bridge,
		   struct kinc_error *err)
{
	int result = prepare_mtu(rtnl, conf, bridge, err);

	if (result == 0 && conf_has_family(conf, AF_INET6))
		result = prepare_ipv6(rtnl, bridge, err);
	if (result == 0)
		result = link_set_up(rtnl, bridge->index, err);
	return result < 0 ? result : link_get_index(rtnl, bridge->index, bridge, err);
}

int bridge_ensure(struct rtnl *rtnl, const struct conf *conf, struct link *ret_bridge,
		  struct kinc_error *err)
{
	int result = link_get(rtnl, conf->bridge, ret_bridge, err);

	if (result == -ENODEV)
		result = create(rtnl, conf, ret_bridge, err);
	if (result < 0)
		return result;
	if (strcmp(ret_bridge->kind, "bridge") != 0)
		return kinc_error_set(err, EEXIST, "interface %s exists and is no bridge",
				      conf->bridge);
	if (!ret_bridge->up)
		result = prepare(rtnl, conf, ret_bridge, err);
	if (result == 0 && conf->promiscuous && !ret_bridge->promiscuous)
		result = link_set_promiscuous(rtnl, ret_bridge->index, err);
	if (result == 0 && conf->gateway)
		result = gateway_ensure(rtnl, conf, ret_bridge->index, err);
	return result < 0 ? result : bridge_forward(conf, err);
}
