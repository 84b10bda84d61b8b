/* SPDX-License-Identifier: MIT */
#include "bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "route.h"

static int add_gateways(struct rtnl *rtnl, const struct conf *conf, int index,
			struct kinc_error *err)
{
	for (size_t i = 0; i < conf->set_count; i++) {
		for (size_t j = 0; j < conf->sets[i].count; j++) {
			const struct ip_range *range = &conf->sets[i].ranges[j];
			struct ip_prefix gateway = {range->gateway, range->subnet.length};
			int result = address_add(rtnl, index, &gateway, err);
			if (result < 0 && result != -EEXIST)
				return result;
		}
	}
	return 0;
}

/* Writes only when it must: /proc/sys may be read-only and right. */
static int set_sysctl(const char *path, char value, struct kinc_error *err)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char text[] = {value, '\0'};
	char now;

	if (fd < 0)
		return kinc_error_errno(err, errno, "cannot open %s", path);
	if (read(fd, &now, 1) == 1 && now == value)
		return 0;
	return kinc_write_existing(AT_FDCWD, path, text, err);
}

static int isolate(const char *bridge, struct kinc_error *err)
{
	static const char *const filters[] = {"/proc/sys/net/bridge/bridge-nf-call-iptables",
					      "/proc/sys/net/bridge/bridge-nf-call-ip6tables"};
	char path[128];
	int result;

	/* A pod asks for a pod of its own subnet: the bridge answers in its place. */
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/proxy_arp_pvlan", bridge);
	result = set_sysctl(path, '1', err);
	/* The kernel waits up to 0.8 s at random before it answers for another. */
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/neigh/%s/proxy_delay", bridge);
	if (result == 0)
		result = set_sysctl(path, '0', err);
	/* Both must be 0, or the bridge tells pods of a shorter way that is closed. */
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/send_redirects", bridge);
	if (result == 0)
		result = set_sysctl(path, '0', err);
	if (result == 0)
		result = set_sysctl("/proc/sys/net/ipv4/conf/all/send_redirects", '0', err);
	/*
	 * br_netfilter, which kernels switch on by default, would turn a service's
	 * address into a pod's on the bridge already, where the way is closed.
	 */
	for (size_t i = 0; result == 0 && i < sizeof(filters) / sizeof(filters[0]); i++)
		if (access(filters[i], F_OK) == 0)
			result = set_sysctl(filters[i], '0', err);
	return result;
}

int bridge_forward(const struct conf *conf, struct kinc_error *err)
{
	int result = 0;

	if (conf->isolated)
		result = isolate(conf->bridge, err);
	for (size_t i = 0; result == 0 && conf->gateway && i < conf->set_count; i++)
		result = set_sysctl(conf->sets[i].ranges[0].first.family == AF_INET
					    ? "/proc/sys/net/ipv4/ip_forward"
					    : "/proc/sys/net/ipv6/conf/all/forwarding",
				    '1', err);
	return result;
}

int bridge_ensure(struct rtnl *rtnl, const struct conf *conf, struct link *ret_bridge,
		  struct kinc_error *err)
{
	unsigned char mac[6];
	int result = link_get(rtnl, conf->bridge, ret_bridge, err);

	if (result == -ENODEV) {
		ip_to_mac(&conf->sets[0].ranges[0].gateway, mac);
		result = link_create_bridge(rtnl, conf->bridge, mac, conf->mtu, err);
		/* Another ADD may have been faster. */
		if (result == 0 || result == -EEXIST)
			result = link_get(rtnl, conf->bridge, ret_bridge, err);
	}
	if (result < 0)
		return result;
	if (strcmp(ret_bridge->kind, "bridge") != 0)
		return kinc_error_set(err, EEXIST, "interface %s exists and is no bridge",
				      conf->bridge);
	if (!ret_bridge->up)
		result = link_set_up(rtnl, ret_bridge->index, err);
	if (result == 0 && conf->gateway)
		result = add_gateways(rtnl, conf, ret_bridge->index, err);
	return result < 0 ? result : bridge_forward(conf, err);
}
