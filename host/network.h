/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_NETWORK_H
#define KINC_HOST_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * Theory of operation. A cluster's subnets follow from its port, as the
 * predecessor had it: 6400 + N gives 10.244.N.0/24 for pods and 10.N.0.0/16
 * for services. Where that has no answer, or one that is taken, the next N
 * that is free gives the pair, and the port stays.
 */
enum {
	NETWORK_PORT_BASE = 6400,
	NETWORK_PORT_DEFAULT = 6443,
	NETWORK_PORT_LAST = 7443, /* of those chosen automatically */
	NETWORK_TEXT_MAX = 20,
	NETWORK_WHY_MAX = 128,
};

/* An IPv4 network in host byte order. */
struct network {
	uint32_t address;
	int prefix; /* 0 to 32 */
};

/* What is in use already, by whom. Owned by the caller; starts zeroed. */
struct network_taken {
	struct taken {
		struct network network;
		char by[64];
	} * list;
	size_t count;
};

struct network_pair {
	struct network pods, services;
};

int network_taken_add(struct network_taken *taken, struct network network, const char *by);
void network_taken_release(struct network_taken *taken);

/* "10.244.43.0/24" */
int network_parse(const char *text, struct network *ret);
void network_format(struct network network, char text[NETWORK_TEXT_MAX]);
bool network_overlap(struct network a, struct network b);

/* The IPv6 networks beside such a pair: fd00:10:244:N::/64 and fd00:10:96:N::/112. */
void network_format_beside(const struct network_pair *pair, char pods[NETWORK_TEXT_MAX + 8],
			   char services[NETWORK_TEXT_MAX + 8]);

/* The pair number n (0 to 255) of the formula. */
struct network_pair network_pair_of(int n);

/*
 * NULL when the pair is free, else who is in the way: "itself", or the by of
 * a taken network.
 */
const char *network_pair_conflict(const struct network_pair *pair,
				  const struct network_taken *taken);

/*
 * The pair for the port. why becomes "" when it is the formula's, else a
 * clause that says why that could not be had. EADDRINUSE when no pair is free.
 */
int network_choose(int port, const struct network_taken *taken, struct network_pair *ret,
		   char why[NETWORK_WHY_MAX], struct kinc_error *err);

/* A port number 1 to 65535 in decimal and nothing else, or -EINVAL. */
int network_parse_port(const char *text, struct kinc_error *err);

/* Networks of the machine's interfaces and of the routes in all its tables. */
int network_add_host(struct network_taken *taken, struct kinc_error *err);

/* Whether 127.0.0.1:port can be listened on now. */
bool network_port_free(int port);

#endif
