/* SPDX-License-Identifier: MIT */
#ifndef NETD_CHAINS_H
#define NETD_CHAINS_H

#include "model.h"

/* What a new chain is made of; all of it is taken over, whether it is new or not. */
struct chain_wish {
	char letter;
	char *key, *text, *policies;
	struct peers **peers; /* with a reference each */
	size_t peers_count;
	struct chain **children; /* with a reference each */
	size_t child_count;
};

struct chain *chain_acquire(struct model *model, struct chain_wish *wish);
void chain_release(struct model *model, struct chain *chain);

/* The chain of the policies that select the pod for the direction; NULL when none does. */
struct chain *chain_of_pod(struct model *model, const struct pod *pod, enum direction direction);

void settlement_add_peers(struct settlement *settlement, struct peers *peers);
void settlement_add_chain(struct settlement *settlement, struct chain *chain);
/* The set is going: out of the new ones, or onto the dead. */
void settlement_drop_peers(struct settlement *settlement, const struct peers *peers);

#endif
