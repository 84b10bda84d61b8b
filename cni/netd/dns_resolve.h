/* SPDX-License-Identifier: MIT */
#ifndef NETD_DNS_RESOLVE_H
#define NETD_DNS_RESOLVE_H

#include "dns_records.h"
#include "dns_wire.h"

/*
 * The schema that is spoken, github.com/kubernetes/dns, docs/specification.md.
 * A TTL of 0, because a cache in between would make changes wait.
 */
#define DNS_SCHEMA "1.1.0"
#define DNS_TTL 0

struct dns_zone {
	const struct dns_records *records;
	const char *domain; /* "cluster.local": lower case, no dot at the end */
	unsigned turn;	    /* which endpoint comes first, next time */
};

/*
 * Answers query into answer, which has begun, from the records alone. Where the
 * name leads to one outside of the cluster, ret_external is that name (its
 * CNAME is in the answer) and its addresses are to be asked for elsewhere;
 * otherwise it is "".
 */
enum dns_code dns_resolve(struct dns_zone *zone, const struct dns_query *query,
			  struct dns_answer *answer, char ret_external[DNS_NAME_MAX + 1]);

/* Is it a name of the zone? */
bool dns_zone_contains(const struct dns_zone *zone, const char *name);

#endif
