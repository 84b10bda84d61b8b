/* SPDX-License-Identifier: MIT */
#ifndef NETD_COMPILE_H
#define NETD_COMPILE_H

#include "model.h"

/*
 * The chain of what a policy allows in a direction that it isolates, with a
 * reference for the caller. In the text a '%' stands before every name of a chain
 * or set of ours. E2BIG: it would be too many rules.
 */
int compile_policy(struct model *model, const struct policy *policy, enum direction direction,
		   struct chain **ret_chain, struct kinc_error *err);
/* The one that allows nothing. */
struct chain *compile_nothing(struct model *model, enum direction direction);

#endif
