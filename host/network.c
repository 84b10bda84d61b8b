/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

enum { PAIRS = 256 };

int network_taken_add(struct network_taken *taken, struct network network, const char *by)
{
	struct taken *larger = reallocarray(taken->list, taken->count + 1, sizeof(*taken->list));

	if (!larger)
		return -ENOMEM;
	taken->list = larger;
	struct taken *entry = &taken->list[taken->count++];
	entry->network = network;
	snprintf(entry->by, sizeof(entry->by), "%s", by);
	return 0;
}

void network_taken_release(struct network_taken *taken)
{
	free(taken->list);
	*taken = (struct network_taken){0};
}

static uint32_t mask_of(int prefix)
{
	return prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);
}

bool network_overlap(struct network a, struct network b)
{
	uint32_t mask = mask_of(a.prefix < b.prefix ? a.prefix : b.prefix);

	return (a.address & mask) == (b.address & mask);
}

int network_parse(const char *text, struct network *ret)
{
	char address[16];
	struct in_addr binary;
	size_t length = strcspn(text, "/");
	char *end = NULL;

	if (length >= sizeof(address) || text[length] != '/' || text[length + 1] < '0' ||
	    text[length + 1] > '9')
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	long prefix = strtol(text + length + 1, &end, 10);
	if (*end || prefix > 32 || inet_pton(AF_INET, address, &binary) != 1)
		return -EINVAL;
	*ret = (struct network){.address = ntohl(binary.s_addr), .prefix = (int)prefix};
	return 0;
}

void network_format(struct network network, char text[NETWORK_TEXT_MAX])
{
	uint32_t a = network.address;

	snprintf(text, NETWORK_TEXT_MAX, "%u.%u.%u.%u/%d", a >> 24, a >> 16 & 255, a >> 8 & 255,
		 a & 255, network.prefix & 63);
}

/* N is written as it is in the pair: 44 and not 2c. No two pairs meet. */
void network_format_beside(const struct network_pair *pair, char pods[NETWORK_TEXT_MAX + 8],
			   char services[NETWORK_TEXT_MAX + 8])
{
	uint32_t number = pair->pods.address >> 8 & 255;

	snprintf(pods, NETWORK_TEXT_MAX + 8, "fd00:10:244:%u::/64", number);
	snprintf(services, NETWORK_TEXT_MAX + 8, "fd00:10:96:%u::/112", number);
}

struct network_pair network_pair_of(int n)
{
	uint32_t number = (uint32_t)n;

	return (struct network_pair){
		.pods = {.address = 10U << 24 | 244U << 16 | number << 8, .prefix = 24},
		.services = {.address = 10U << 24 | number << 16, .prefix = 16},
	};
}

const char *network_pair_conflict(const struct network_pair *pair,
				  const struct network_taken *taken)
{
	/* What slirp4netns gives to every rootless container. */
	static const struct network slirp = {.address = 10U << 24 | 2U << 8, .prefix = 24};

	if (network_overlap(pair->pods, pair->services))
		return "its own pods";
	if (network_overlap(pair->services, slirp))
		return "the network of slirp4netns";
	for (size_t i = 0; i < taken->count; i++)
		if (network_overlap(pair->pods, taken->list[i].network) ||
		    network_overlap(pair->services, taken->list[i].network))
			return taken->list[i].by;
	return NULL;
}

int network_choose(int port, const struct network_taken *taken, struct network_pair *ret,
		   char why[NETWORK_WHY_MAX], struct kinc_error *err)
{
	int formula = port - NETWORK_PORT_BASE;
	bool has_answer = formula >= 0 && formula < PAIRS;
	int first = has_answer ? formula : NETWORK_PORT_DEFAULT - NETWORK_PORT_BASE;

	why[0] = '\0';
	if (!has_answer)
		snprintf(why, NETWORK_WHY_MAX, "no subnets follow from port %d", port);
	for (int i = 0; i < PAIRS; i++) {
		struct network_pair pair = network_pair_of((first + i) % PAIRS);
		const char *conflict = network_pair_conflict(&pair, taken);
		if (!conflict) {
			*ret = pair;
			return 0;
		}
		if (has_answer && i == 0)
			snprintf(why, NETWORK_WHY_MAX, "the subnets of port %d collide with %s",
				 port, conflict);
	}
	return kinc_error_set(err, EADDRINUSE,
			      "no pair of subnets 10.244.N.0/24 and 10.N.0.0/16 is free: remove a "
			      "cluster with `kinc-launch down`, or a route to 10.0.0.0/8");
}

int network_parse_port(const char *text, struct kinc_error *err)
{
	char *end = NULL;
	long port = strtol(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || port < 1 || port > 65535 || strlen(text) > 5)
		return kinc_error_set(err, EINVAL, "FORCE_PORT=%s is not a port from 1 to 65535",
				      text);
	return (int)port;
}
