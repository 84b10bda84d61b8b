/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
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

struct gathering {
	struct network_taken *taken;
	int result;
};

/* A network out of what the kernel tells; false when it is neither IPv4 nor IPv6. */
static bool network_of(int family, const void *bytes, unsigned length, struct ip_prefix *ret)
{
	if (family != AF_INET && family != AF_INET6)
		return false;
	*ret = (struct ip_prefix){.address.family = family, .length = length};
	memcpy(ret->address.bytes, bytes, ip_size(family));
	return true;
}

static void add_route(struct nl_object *object, void *data)
{
	struct rtnl_route *route = (struct rtnl_route *)object;
	struct gathering *gathering = data;
	const struct nl_addr *destination = rtnl_route_get_dst(route);
	struct rtnl_nexthop *hop =
		rtnl_route_get_nnexthops(route) > 0 ? rtnl_route_nexthop_n(route, 0) : NULL;
	char interface[IF_NAMESIZE] = "nowhere", by[64];
	struct ip_prefix network;

	/* Default routes, and those of a device that is down, are in nobody's way. */
	if (!destination || nl_addr_get_prefixlen(destination) == 0 || gathering->result < 0 ||
	    !network_of(nl_addr_get_family(destination), nl_addr_get_binary_addr(destination),
			nl_addr_get_prefixlen(destination), &network))
		return;
	if (hop)
		if_indextoname((unsigned int)rtnl_route_nh_get_ifindex(hop), interface);
	snprintf(by, sizeof(by), "a route of %s", interface);
	gathering->result = network_taken_add(gathering->taken, &network, by);
}

/*
 * Of all tables: those of policy routing have what VPNs send elsewhere. Of all
 * families: a kernel without IPv6 refuses to be asked for that one alone.
 */
static int add_routes(struct network_taken *taken)
{
	struct gathering gathering = {.taken = taken};
	struct nl_sock *sock = nl_socket_alloc();
	struct nl_cache *cache = NULL;
	int result = sock ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM;

	if (result == 0)
		result = rtnl_route_alloc_cache(sock, AF_UNSPEC, 0, &cache);
	if (result == 0)
		nl_cache_foreach(cache, add_route, &gathering);
	nl_cache_free(cache);
	nl_socket_free(sock);
	return result < 0 ? -EIO : gathering.result;
}

/* The bytes of an address or a mask, which are elsewhere in each family. */
static const void *bytes_of(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET6)
		return &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	return &((const struct sockaddr_in *)(const void *)address)->sin_addr;
}

static unsigned length_of(const struct ip_prefix *mask)
{
	unsigned length = 0;

	for (size_t i = 0; i < ip_size(mask->address.family); i++)
		length += (unsigned)__builtin_popcount(mask->address.bytes[i]);
	return length;
}

static int add_interfaces(struct network_taken *taken)
{
	struct ifaddrs *list = NULL;
	int result = 0;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (const struct ifaddrs *at = list; at && result == 0; at = at->ifa_next) {
		struct ip_prefix network, mask;
		char by[64];
		if (!at->ifa_addr || !at->ifa_netmask ||
		    !network_of(at->ifa_addr->sa_family, bytes_of(at->ifa_addr), 0, &network) ||
		    !network_of(at->ifa_addr->sa_family, bytes_of(at->ifa_netmask), 0, &mask))
			continue;
		network.length = length_of(&mask);
		snprintf(by, sizeof(by), "interface %s", at->ifa_name);
		result = network_taken_add(taken, &network, by);
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
