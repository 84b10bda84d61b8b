/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_NETWORK_H
#define KINC_HOST_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "ip.h"

/*
 * Theory of operation. A cluster's subnets follow from its port, as the
 * predecessor had it: 6400 + N gives 10.244.N.0/24 for pods and 10.N.0.0/16
 * for services, and where the cluster has IPv6 fd00:10:244:N::/64 and
 * fd00:10:96:N::/112. Where that has no answer, or one of which something is
 * taken, the next N that is free gives the subnets, and the port stays. What is
 * written down of a cluster is its IPv4 pair: the other follows from it.
 */
enum {
	NETWORK_PORT_BASE = 6400,
	NETWORK_PORT_DEFAULT = 6443,
	NETWORK_PORT_LAST = 7443, /* of those chosen automatically */
	NETWORK_TEXT_MAX = 2 * IP_TEXT_MAX, /* two with a comma between */
	NETWORK_WHY_MAX = 128,
};

/* Which families a cluster's pods and services have. */
enum network_families { NETWORK_IPV4, NETWORK_DUAL, NETWORK_IPV6 };

/* What is in use already, by whom. Owned by the caller; starts zeroed. */
struct network_taken {
	struct taken {
		struct ip_prefix network;
		char by[64];
	} * list;
	size_t count;
};

struct network_pair {
	struct ip_prefix pods, services;
};

int network_taken_add(struct network_taken *taken, const struct ip_prefix *network, const char *by);
#define cleanup_taken __attribute__((cleanup(network_taken_release)))
void network_taken_release(struct network_taken *taken);

bool network_overlap(const struct ip_prefix *a, const struct ip_prefix *b);

/* The pair number n (0 to 255) of the formula, of either family, and of which number one is. */
struct network_pair network_pair_of(int n, int family);
int network_pair_number(const struct network_pair *pair);

/* "10.244.43.0/24", with both families "10.244.43.0/24,fd00:10:244:43::/64". */
void network_format(const struct network_pair *pair, enum network_families families,
		    char pods[NETWORK_TEXT_MAX], char services[NETWORK_TEXT_MAX]);

/*
 * NULL when a pair of one family is free, else who is in the way: "its own pods",
 * or the by of a taken network.
 */
const char *network_pair_conflict(const struct network_pair *pair,
				  const struct network_taken *taken);

/* The same of all subnets of the cluster whose IPv4 pair that is. */
const char *network_conflict(const struct network_pair *pair, enum network_families families,
			     const struct network_taken *taken);

/*
 * The IPv4 pair for the port, which is free as all is that belongs to it. why
 * becomes "" when it is the formula's, else a clause that says why that could not
 * be had. EADDRINUSE when none is free.
 */
int network_choose(int port, enum network_families families, const struct network_taken *taken,
		   struct network_pair *ret, char why[NETWORK_WHY_MAX], struct kinc_error *err);

/* A port number 1 to 65535 in decimal and nothing else, or -EINVAL. */
int network_parse_port(const char *text, struct kinc_error *err);

/* Networks of the machine's interfaces and of the routes in all its tables. */
int network_add_host(struct network_taken *taken, struct kinc_error *err);

/* Whether 127.0.0.1:port can be listened on now. */
bool network_port_free(int port);

#endif
