/* SPDX-License-Identifier: MIT */
#ifndef NETD_NODE_ADDRESSES_H
#define NETD_NODE_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>

#include "ip.h"

/* The addresses of the node itself: its traffic never crosses the forward hook. */
struct node_addresses {
	struct ip_address *list;
	size_t count, capacity;
};

/* As they are now; none where they can't be read. */
void node_addresses_read(struct node_addresses *addresses);
bool node_addresses_has(const struct node_addresses *addresses, const struct ip_address *address);
void node_addresses_release(struct node_addresses *addresses);

#endif
