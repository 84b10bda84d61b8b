/* SPDX-License-Identifier: MIT */
#ifndef NETD_PEERS_H
#define NETD_PEERS_H

#include "model.h"

/* What a set shall hold; nothing of it is taken over. */
struct peers_wish {
	struct space *space;			  /* NULL: any that namespaces selects */
	const struct selector *namespaces, *pods; /* NULL: all */
	const struct intervals *block;		  /* NULL: wherever */
	const char *port;			  /* NULL: addresses alone */
	int protocol;
};

/* The set of that wish, with a reference for the caller. */
struct peers *peers_acquire(struct model *model, const struct peers_wish *wish);
void peers_release(struct model *model, struct peers *peers);

/* Is the pod of the set, where it has the port? Addresses in blocks are not looked at. */
bool peers_match(const struct peers *peers, const struct pod *pod);

/* Appends the pod's memberships in the set. */
void peers_collect(struct peers *peers, const struct pod *pod, struct membership **list,
		   size_t *count, size_t *capacity);

#endif
