/* SPDX-License-Identifier: MIT */
#ifndef NETD_VERDICT_H
#define NETD_VERDICT_H

#include "model.h"

/*
 * What the rules in the kernel would say to a new connection, from the objects
 * themselves: for explanations, and for connections that are there already.
 */
struct flow {
	struct ip_address source, destination; /* as pods have them: behind services */
	int protocol;
	unsigned port; /* of the destination; 0 where the protocol has none */
};

struct side {
	const struct pod *pod;	       /* whose address it is, or NULL */
	bool isolated;		       /* some policy selects it for its direction */
	bool allowed;		       /* nothing selects it, or some rule allows */
	const struct policy *policy;   /* that allows */
	size_t rule;		       /* of the policy, from 0 on */
};

struct verdict {
	bool allowed;
	bool self; /* of one pod with itself */
	struct side sides[DIRECTIONS]; /* EGRESS: the source, INGRESS: the destination */
};

void verdict_decide(const struct model *model, const struct flow *flow, struct verdict *ret_verdict);

/* Does the policy select the pod for the direction? */
bool verdict_selects(const struct policy *policy, const struct pod *pod, enum direction direction);

#endif
