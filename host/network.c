/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

enum { PAIRS = 256 };

int network_taken_add(struct network_taken *taken, const struct ip_prefix *network, const char *by)
{
	struct taken *larger = reallocarray(taken->list, taken->count + 1, sizeof(*taken->list));

	if (!larger)
		return -ENOMEM;
	taken->list = larger;
	struct taken *entry = &taken->list[taken->count++];
	entry->network = *network;
	snprintf(entry->by, sizeof(entry->by), "%s", by);
	return 0;
}

void network_taken_release(struct network_taken *taken)
{
	free(taken->list);
	*taken = (struct network_taken){0};
}

bool network_overlap(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->length < b->length ? prefix_contains(a, &b->address)
				     : prefix_contains(b, &a->address);
}

/* N is written in IPv6 as it is in IPv4: 44 and not 2c. No two pairs meet. */
struct network_pair network_pair_of(int n, int family)
{
	unsigned char number = (unsigned char)n;
	unsigned char written = (unsigned char)(n / 10 % 10 * 16 + n % 10);

	if (family == AF_INET)
		return (struct network_pair){
			.pods = {{AF_INET, {10, 244, number}}, 24},
			.services = {{AF_INET, {10, number}}, 16},
		};
	return (struct network_pair){
		.pods = {{AF_INET6,
			  {0xfd, [3] = 0x10, [4] = 2, 0x44, (unsigned char)(n / 100), written}},
			 64},
		.services = {{AF_INET6,
			      {0xfd, [3] = 0x10, [5] = 0x96, (unsigned char)(n / 100), written}},
			     112},
	};
}

int network_pair_number(const struct network_pair *pair)
{
	return pair->pods.address.bytes[2];
}

static void append(char text[NETWORK_TEXT_MAX], const struct ip_prefix *network)
{
	size_t used = strlen(text);
	char one[IP_TEXT_MAX];

	snprintf(text + used, NETWORK_TEXT_MAX - used, "%s%s", used ? "," : "",
		 prefix_format(network, one));
}

void network_format(const struct network_pair *pair, enum network_families families,
		    char pods[NETWORK_TEXT_MAX], char services[NETWORK_TEXT_MAX])
{
	const struct network_pair other = network_pair_of(network_pair_number(pair), AF_INET6);

	pods[0] = services[0] = '\0';
	if (families != NETWORK_IPV6) {
		append(pods, &pair->pods);
		append(services, &pair->services);
	}
	if (families != NETWORK_IPV4) {
		append(pods, &other.pods);
		append(services, &other.services);
	}
}

const char *network_pair_conflict(const struct network_pair *pair,
				  const struct network_taken *taken)
{
	/* What slirp4netns gives to every rootless container. */
	static const struct ip_prefix slirp[] = {{{AF_INET, {10, 0, 2}}, 24},
						 {{AF_INET6, {0xfd}}, 64}};

	if (network_overlap(&pair->pods, &pair->services))
		return "its own pods";
	for (size_t i = 0; i < sizeof(slirp) / sizeof(*slirp); i++)
		if (network_overlap(&pair->services, &slirp[i]))
			return "the network of slirp4netns";
	for (size_t i = 0; i < taken->count; i++)
		if (network_overlap(&pair->pods, &taken->list[i].network) ||
		    network_overlap(&pair->services, &taken->list[i].network))
			return taken->list[i].by;
	return NULL;
}

/* The IPv4 pair of a cluster that has no such addresses tells its number all the same. */
const char *network_conflict(const struct network_pair *pair, enum network_families families,
			     const struct network_taken *taken)
{
	const char *conflict = network_pair_conflict(pair, taken);

	if (conflict || families == NETWORK_IPV4)
		return conflict;
	const struct network_pair other = network_pair_of(network_pair_number(pair), AF_INET6);
	return network_pair_conflict(&other, taken);
}

int network_choose(int port, enum network_families families, const struct network_taken *taken,
		   struct network_pair *ret, char why[NETWORK_WHY_MAX], struct kinc_error *err)
{
	int formula = port - NETWORK_PORT_BASE;
	bool has_answer = formula >= 0 && formula < PAIRS;
	int first = has_answer ? formula : NETWORK_PORT_DEFAULT - NETWORK_PORT_BASE;

	why[0] = '\0';
	if (!has_answer)
		snprintf(why, NETWORK_WHY_MAX, "no subnets follow from port %d", port);
	for (int i = 0; i < PAIRS; i++) {
		struct network_pair pair = network_pair_of((first + i) % PAIRS, AF_INET);
		const char *conflict = network_conflict(&pair, families, taken);
		if (!conflict) {
			*ret = pair;
			return 0;
		}
		if (has_answer && i == 0)
			snprintf(why, NETWORK_WHY_MAX, "the subnets of port %d collide with %s",
				 port, conflict);
	}
	return kinc_error_set(err, EADDRINUSE,
			      "no pair of subnets 10.244.N.0/24 and 10.N.0.0/16%s is free: remove a "
			      "cluster with `kinc-launch down`, or a route to 10.0.0.0/8%s",
			      families == NETWORK_IPV4
				      ? ""
				      : " with fd00:10:244:N::/64 and fd00:10:96:N::/112",
			      families == NETWORK_IPV4 ? "" : " or fd00:10::/32");
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
