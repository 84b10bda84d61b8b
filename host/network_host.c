/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "network.h"

static int prefix_of(uint32_t mask)
{
	return __builtin_popcount(mask);
}

struct gathering {
	struct network_taken *taken;
	int result;
};

static void add_route(struct nl_object *object, void *data)
{
	struct rtnl_route *route = (struct rtnl_route *)object;
	struct gathering *gathering = data;
	const struct nl_addr *destination = rtnl_route_get_dst(route);
	struct rtnl_nexthop *hop =
		rtnl_route_get_nnexthops(route) > 0 ? rtnl_route_nexthop_n(route, 0) : NULL;
	char interface[IF_NAMESIZE] = "nowhere", by[64];
	uint32_t address;

	/* Default routes, and those of a device that is down, are in nobody's way. */
	if (!destination || nl_addr_get_prefixlen(destination) == 0 ||
	    nl_addr_get_len(destination) != sizeof(address) || gathering->result < 0)
		return;
	memcpy(&address, nl_addr_get_binary_addr(destination), sizeof(address));
	if (hop)
		if_indextoname((unsigned int)rtnl_route_nh_get_ifindex(hop), interface);
	snprintf(by, sizeof(by), "a route of %s", interface);
	gathering->result = network_taken_add(
		gathering->taken,
		(struct network){.address = ntohl(address),
				 .prefix = (int)nl_addr_get_prefixlen(destination)},
		by);
}

/* Of all tables: those of policy routing have what VPNs send elsewhere. */
static int add_routes(struct network_taken *taken)
{
	struct gathering gathering = {.taken = taken};
	struct nl_sock *sock = nl_socket_alloc();
	struct nl_cache *cache = NULL;
	int result = sock ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM;

	if (result == 0)
		result = rtnl_route_alloc_cache(sock, AF_INET, 0, &cache);
	if (result == 0)
		nl_cache_foreach(cache, add_route, &gathering);
	nl_cache_free(cache);
	nl_socket_free(sock);
	return result < 0 ? -EIO : gathering.result;
}

static int add_interfaces(struct network_taken *taken)
{
	struct ifaddrs *list = NULL;
	int result = 0;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (const struct ifaddrs *at = list; at && result == 0; at = at->ifa_next) {
		struct sockaddr_in address, mask;
		char by[64];
		if (!at->ifa_addr || !at->ifa_netmask || at->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&address, at->ifa_addr, sizeof(address));
		memcpy(&mask, at->ifa_netmask, sizeof(mask));
		snprintf(by, sizeof(by), "interface %s", at->ifa_name);
		result = network_taken_add(taken,
					   (struct network){
						   .address = ntohl(address.sin_addr.s_addr),
						   .prefix = prefix_of(mask.sin_addr.s_addr),
					   },
					   by);
	}
	freeifaddrs(list);
	return result;
}

int network_add_host(struct network_taken *taken, struct kinc_error *err)
{
	int result = add_interfaces(taken);

	if (result == 0)
		result = add_routes(taken);
	if (result < 0)
		return kinc_error_errno(err, -result, "cannot list the machine's networks");
	return 0;
}

bool network_port_free(int port)
{
	cleanup_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	/* As podman does: connections in TIME_WAIT do not count. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	return fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}
