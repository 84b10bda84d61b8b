/* SPDX-License-Identifier: MIT */
#ifndef NETD_DNS_RECORDS_H
#define NETD_DNS_RECORDS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "ip.h"
#include "object.h"
#include "table.h"

/* What DNS needs of services and endpoint slices, and nothing else. */
struct dns_port {
	char *name, *protocol; /* in lower case; unnamed ports are not kept */
	uint16_t number;
};

struct dns_endpoint {
	struct ip_address address;
	bool ready;
	char *hostname; /* its own, or made from the address */
	struct table_node by_address;
	struct dns_slice *slice;
};

struct dns_slice {
	struct table_node by_name; /* namespace and slice */
	struct dns_slice *next;	   /* of the same service */
	struct dns_service *service;
	char *name;
	struct dns_port *ports;
	size_t port_count;
	struct dns_endpoint *endpoints;
	size_t endpoint_count;
	unsigned mark;
};

#define DNS_CLUSTER_IPS 2

/* known is false where there are slices of a service which itself was not seen (yet). */
struct dns_service {
	struct table_node by_name; /* namespace and name */
	char *namespace, *name;
	bool known, headless, publish_unready;
	char *external; /* name that it stands for, without a dot at the end */
	struct dns_address {
		struct table_node by_address;
		struct dns_service *service;
		struct ip_address address;
	} cluster[DNS_CLUSTER_IPS];
	size_t cluster_count;
	struct dns_port *ports;
	size_t port_count;
	struct dns_slice *slices;
	unsigned mark;
};

struct dns_records {
	struct table services, slices;
	struct table clusters;	/* dns_address by address */
	struct table endpoints; /* dns_endpoint by address */
	struct table namespaces;
	unsigned mark[OBJECT_KINDS]; /* what was listed since has it */
	size_t endpoint_count;
};

/*
 * One object; EINVAL for one that cannot be understood: what was known of it
 * before is kept. A kind's relist and synced frame a list (watch.h).
 */
int dns_records_service(struct dns_records *records, const cJSON *object,
			enum object_change change, struct kinc_error *err);
int dns_records_slice(struct dns_records *records, const cJSON *object, enum object_change change,
		      struct kinc_error *err);
void dns_records_relist(struct dns_records *records, enum object_kind kind);
void dns_records_synced(struct dns_records *records, enum object_kind kind);
void dns_records_release(struct dns_records *records);

/* NULL where there is none. */
const struct dns_service *dns_records_find(const struct dns_records *records,
					   const char *namespace, const char *name);
bool dns_records_has_namespace(const struct dns_records *records, const char *namespace);
/* Who has this address: services by their cluster IP; endpoints, start with NULL. */
const struct dns_service *dns_records_cluster(const struct dns_records *records,
					      const struct ip_address *address);
const struct dns_endpoint *dns_records_endpoint(const struct dns_records *records,
						const struct ip_address *address,
						const struct dns_endpoint *after);

#endif
