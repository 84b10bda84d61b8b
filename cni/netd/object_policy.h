/* SPDX-License-Identifier: MIT */
#ifndef NETD_OBJECT_POLICY_H
#define NETD_OBJECT_POLICY_H

#include <netinet/in.h>

#include "intervals.h"
#include "selector.h"

/* What a NetworkPolicy says (networking.k8s.io/v1), checked and bounded. */

enum direction {
	INGRESS,
	EGRESS,
	DIRECTIONS,
};

/* Of one protocol: numbers from first to last, or the port of that name of the destination. */
struct policy_port {
	int protocol;	      /* IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP */
	unsigned first, last; /* both 0: every port, as no port is given */
	char *name;	      /* NULL: by number */
};

struct policy_peer {
	bool is_block;
	struct intervals block; /* cidr without except */
	bool any_namespace_set; /* namespaces is given; else the policy's own */
	struct selector namespaces, pods;
};

struct policy_rule {
	struct policy_peer *peers; /* none: everybody */
	size_t peer_count;
	struct policy_port *ports; /* none: everything, whatever its protocol */
	size_t port_count;
};

struct policy_spec {
	struct selector pods;
	bool isolates[DIRECTIONS];
	struct policy_rule *rules[DIRECTIONS];
	size_t rule_count[DIRECTIONS];
};

/*
 * spec: the member of a NetworkPolicy. On EINVAL *ret_spec is filled all the
 * same, so that it isolates whatever the policy might select, and allows
 * nothing. The caller releases it in both cases.
 */
int policy_spec_parse(const cJSON *spec, struct policy_spec *ret_spec, struct kinc_error *err);
void policy_spec_release(struct policy_spec *spec);

/* "TCP"; NULL for what is none of the three. */
const char *protocol_name(int protocol);
/* The number, or 0. */
int protocol_parse(const char *name);

#endif
