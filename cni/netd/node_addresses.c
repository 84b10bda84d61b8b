/* SPDX-License-Identifier: MIT */
#include "node_addresses.h"

#include <ifaddrs.h>

#include "alloc.h"

void node_addresses_read(struct node_addresses *addresses)
{
	struct ifaddrs *list;

	addresses->count = 0;
	if (getifaddrs(&list) < 0)
		return;
	for (const struct ifaddrs *each = list; each; each = each->ifa_next) {
		struct ip_address address = {0};
		if (!each->ifa_addr)
			continue;
		address.family = each->ifa_addr->sa_family;
		if (address.family == AF_INET)
			memcpy(address.bytes,
			       &((const struct sockaddr_in *)(void *)each->ifa_addr)->sin_addr, 4);
		else if (address.family == AF_INET6)
			memcpy(address.bytes,
			       &((const struct sockaddr_in6 *)(void *)each->ifa_addr)->sin6_addr,
			       16);
		else
			continue;
		addresses->list = alloc_grow(addresses->list, addresses->count,
					     &addresses->capacity, sizeof(address));
		addresses->list[addresses->count++] = address;
	}
	freeifaddrs(list);
}

bool node_addresses_has(const struct node_addresses *addresses, const struct ip_address *address)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (ip_equal(&addresses->list[i], address))
			return true;
	return false;
}

void node_addresses_release(struct node_addresses *addresses)
{
	free(addresses->list);
	*addresses = (struct node_addresses){0};
}
