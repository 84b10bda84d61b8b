/* SPDX-License-Identifier: MIT */
#ifndef NETD_POLICIES_H
#define NETD_POLICIES_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"
#include "ip.h"
#include "object.h"

/*
 * NetworkPolicy as one thing: objects of the API server go in, rules in the
 * kernel come out. Nothing reaches the kernel before pods, namespaces and
 * policies were listed once, and then only by policies_commit.
 *
 * A caller does for each kind: policies_relist, then one call per listed
 * object, policies_synced; then one call per event of the watch. A relist after
 * 410 Gone is the same again. After any number of calls: policies_commit.
 */
struct policies;

#define POLICIES_SUBNETS_MAX 16

/* A sentence about a policy that the API server should hold as an event. */
typedef void policies_event(void *context, const char *namespace, const char *name, const char *uid,
			    const char *reason, const char *sentence);

struct policies_conf {
	struct ip_prefix subnets[POLICIES_SUBNETS_MAX]; /* of this node's pods */
	size_t subnet_count;
	const char *node;      /* pods of other nodes are peers only; NULL: all pods are ours */
	bool keep_connections; /* those that a new policy forbids go on */
	bool admit_unknown;    /* addresses of the subnets that no known pod has are let pass */
	bool dry;	       /* the kernel is left alone */
	policies_event *event; /* may be NULL */
	void *context;	       /* of event */
};

/* Strings of conf are the caller's and must stay. The kernel is not touched. */
int policies_new(const struct policies_conf *conf, struct policies **ret_policies,
		 struct kinc_error *err);
/* The rules stay in the kernel: policy holds while the agent is away. */
void policies_free(struct policies *policies);

/* All objects of the kind are about to come; those that don't are gone at policies_synced. */
void policies_relist(struct policies *policies, enum object_kind kind);
void policies_synced(struct policies *policies, enum object_kind kind);

/*
 * One object, which stays the caller's. EINVAL for one that can't be understood: a
 * pod or namespace of before is kept; a policy isolates what it selects, or its
 * whole namespace where even that is unclear.
 */
int policies_pod(struct policies *policies, const cJSON *object, enum object_change change,
		 struct kinc_error *err);
int policies_namespace(struct policies *policies, const cJSON *object, enum object_change change,
		       struct kinc_error *err);
int policies_policy(struct policies *policies, const cJSON *object, enum object_change change,
		    struct kinc_error *err);

/*
 * Brings what changed to the kernel. Without a change it does nothing. After a
 * failure the next call tries again. EOPNOTSUPP: the kernel has no nftables.
 */
int policies_commit(struct policies *policies, struct kinc_error *err);

/* All three kinds were listed and committed. */
bool policies_standing(const struct policies *policies);

/*
 * The pod is about to get these addresses, whoever had them (gate.h); policies_commit
 * brings that to the kernel. ENOENT: no such pod is known yet. uid may be "".
 */
int policies_claim(struct policies *policies, const char *namespace, const char *name,
		   const char *uid, const struct ip_address *addresses, size_t count,
		   struct kinc_error *err);

/* What would happen (explain.h); source and destination are NAMESPACE/POD or addresses. */
cJSON *policies_explain(struct policies *policies, const char *source, const char *destination,
			const char *port, struct kinc_error *err);

/* The rules as text, as if the kernel had nothing. */
void policies_print(struct policies *policies, FILE *out);
/* What is known of: pods, namespaces, policies, rules, sets, elements. */
cJSON *policies_summary(struct policies *policies);

/* Prometheus text, names begin with kincnetd_policy_. */
int policies_print_metrics(struct policies *policies, FILE *out, struct kinc_error *err);

#endif
