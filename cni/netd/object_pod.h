/* SPDX-License-Identifier: MIT */
#ifndef NETD_OBJECT_POD_H
#define NETD_OBJECT_POD_H

#include "ip.h"
#include "selector.h"

/* What is needed of a Pod. */

#define POD_ADDRESSES_MAX 4 /* the API server takes one of each family */

struct pod_port {
	char *name;
	int protocol;
	unsigned number;
};

struct pod_spec {
	struct labels labels;
	struct ip_address addresses[POD_ADDRESSES_MAX];
	size_t address_count;
	struct pod_port *ports; /* those that have a name */
	size_t port_count;
	char *uid, *node;  /* "" where not given */
	char created[32];  /* as given: sorts by time */
	bool host_network; /* its addresses are the node's */
	bool terminal;	   /* ended for good: its addresses may be another's */
};

/* The caller releases it on success. EINVAL: *ret_spec is untouched. */
int pod_spec_parse(const cJSON *object, struct pod_spec *ret_spec, struct kinc_error *err);
void pod_spec_release(struct pod_spec *spec);

#endif
