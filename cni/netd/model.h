/* SPDX-License-Identifier: MIT */
#ifndef NETD_MODEL_H
#define NETD_MODEL_H

#include <stdint.h>

#include "object_pod.h"
#include "object_policy.h"
#include "table.h"

/*
 * Theory of operation. The model holds the objects and, made from them, what
 * the kernel shall hold; it never talks to the kernel.
 *
 * - A space is a namespace: its labels, its pods, its policies.
 * - A peer set (struct peers) is a set of addresses, or of addresses with ports,
 *   that a selector describes. Policies with the same selector share it. Its
 *   content follows the pods.
 * - A chain is text that never changes: other content is another chain. A policy
 *   has one chain for each direction that it isolates; chains of the same text
 *   are one. A profile is a chain too: it jumps to the chains of all policies that
 *   select a pod, and drops the rest. Pods with the same policies share it.
 * - A pod is placed: its addresses are in peer sets, and in one map for each
 *   direction, which sends it to its profile, or lets it pass.
 *
 * Whatever changes makes pods dirty. model_settle places them anew and tells
 * what that means for sets and maps, element by element, and which chains and
 * sets are new and which are dead. So a change costs what it changes; and as
 * chains are made before, and removed after the maps turn to them, every pod has
 * either its old or its new isolation, and nothing between.
 */

struct peers;
struct chain;
struct model;

struct space {
	struct table_node node;
	char *name;
	struct labels labels;
	bool known; /* the Namespace itself was seen, not only what is in it */
	bool listed;
	struct pod *pods;
	struct policy *policies; /* by name */
	struct peers *peers;	 /* whose pods are of this namespace only */
};

/* An address, and the one pod that has it. */
struct held {
	struct table_node node;
	struct ip_address address;
	struct pod *pod;
};

/* The pod's address of that index is in the set; port 0: without a port. */
struct membership {
	struct peers *peers;
	uint16_t address, port;
};

struct pod {
	struct table_node node;
	struct space *space;
	struct pod *next, **link; /* of the space */
	char *name;
	struct pod_spec spec;
	struct ip_address claimed[POD_ADDRESSES_MAX]; /* by the gate, not in spec yet */
	size_t claimed_count;
	struct held held[POD_ADDRESSES_MAX];
	size_t held_count;
	bool listed;
	bool dirty;
	bool gone; /* until it is settled */
	struct pod *next_dirty;

	/* As it is placed. */
	struct ip_address placed[POD_ADDRESSES_MAX];
	size_t placed_count;
	struct membership *memberships;
	size_t membership_count;
	struct chain *profiles[DIRECTIONS]; /* NULL: not isolated */
	bool placed_own;		    /* it is in the maps: a pod of this node */
};

struct policy {
	struct table_node node;
	struct space *space;
	struct policy *next; /* of the space, by name */
	char *name, *uid;
	struct policy_spec spec;
	char *fault; /* why it can't be compiled, or NULL; then it allows nothing */
	bool listed;
	struct chain *chains[DIRECTIONS]; /* NULL: it does not isolate */
};

/* Who is meant by a peer, with or without the port of a name. */
struct peers {
	struct table_node node;
	char *key; /* the same for the same content */
	unsigned id, refs;
	struct space *space;	    /* NULL: of the namespaces that are selected */
	struct selector namespaces; /* if space is NULL */
	struct selector pods;
	bool is_block;
	struct intervals block; /* pods with an address in there */
	char *port;		/* NULL: addresses alone */
	int protocol;		/* of port */
	struct peers *next, **link;
	size_t element_count;
	bool staged; /* told by model_settle */
};

struct chain {
	struct table_node node;
	char *key, *text;
	char letter; /* i, e: of a policy; I, E: of a profile */
	unsigned id, refs;
	struct peers **peers; /* that the text names */
	size_t peers_count;
	struct chain **children; /* that it jumps to */
	size_t child_count;
	char *policies; /* a profile's, "NAMESPACE/NAME ..." */
	bool staged;
};

enum element_kind {
	ELEMENT_PEERS,
	ELEMENT_VERDICT, /* in the map of a direction */
	ELEMENT_KNOWN,	 /* an address that some pod has */
	ELEMENT_SELF,	 /* a pod reaches itself */
};

/* One step at sets and maps. */
struct element {
	enum element_kind kind;
	bool add;  /* or remove */
	bool last; /* of its pod: the steps up to here belong together */
	uint8_t direction;
	uint16_t port;
	struct ip_address address;
	unsigned peers;		   /* id */
	const struct chain *chain; /* of a verdict: NULL lets pass */
};

struct elements {
	struct element *list;
	size_t count, capacity;
};

struct dead {
	char letter; /* of a chain, or s for a set */
	unsigned id;
};

/* What model_settle tells; in the order in which it must be done. */
struct settlement {
	struct peers **peers; /* new sets */
	size_t peers_count, peers_capacity;
	struct chain **chains; /* new chains; who jumps comes after what it jumps to */
	size_t chain_count, chain_capacity;
	struct elements fill; /* into sets that nothing uses yet */
	struct elements turn;
	struct dead *dead; /* who jumps comes first, then chains, then sets */
	size_t dead_count, dead_capacity;
	bool restricts; /* connections may be forbidden now that were not */
};

struct model {
	struct table spaces, pods, policies, addresses, peers, chains;
	struct peers *any_space; /* sets whose pods are of any namespace */
	struct pod *dirty, **dirty_end;
	const char *node; /* NULL: every pod is of this node */
	bool families[2]; /* IPv4, IPv6: what is compiled for */
	bool contested;	  /* two pods had one address at some time */
	unsigned last_id;
	size_t element_count;
	struct settlement next;
};

void model_init(struct model *model, const char *node, bool ipv4, bool ipv6);
void model_release(struct model *model);

/*
 * Places every dirty pod. *ret_settlement is valid, and emptied by
 * settlement_release, before anything else is done with the model.
 */
void model_settle(struct model *model, struct settlement *ret_settlement);
/* Everything, as if the kernel had nothing. */
void model_restate(struct model *model, struct settlement *ret_settlement);
void settlement_release(struct settlement *settlement);
static inline bool settlement_empty(const struct settlement *settlement)
{
	return !settlement->peers_count && !settlement->chain_count && !settlement->fill.count &&
	       !settlement->turn.count && !settlement->dead_count;
}

/* model_place.c: a pod is to be looked at again. */
void model_mark(struct model *model, struct pod *pod);
void model_mark_space(struct model *model, struct space *space);

/* Index of families[]. */
static inline int family_index(int family)
{
	return family == AF_INET6;
}

#endif
