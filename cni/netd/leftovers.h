/* SPDX-License-Identifier: MIT */
#ifndef NETD_LEFTOVERS_H
#define NETD_LEFTOVERS_H

#include "model.h"
#include "nfnl.h"

/* What is in the table from another run of kincnetd, or of one update that failed. */
struct leftover {
	char kind; /* h for a chain with a hook, c chain, s set or map, o counter */
	char *name;
};

struct leftovers {
	struct leftover *list;
	size_t count, capacity;
	unsigned long generation; /* the highest one of a name */
};

int leftovers_find(struct nfnl *nfnl, struct leftovers *ret_leftovers, struct kinc_error *err);
int leftovers_remove(struct nfnl *nfnl, const struct leftovers *leftovers, struct kinc_error *err);
void leftovers_release(struct leftovers *leftovers);

/* Addresses that no pod of this node has are known no more. */
int leftovers_forget_unknown(struct nfnl *nfnl, const struct model *model, struct kinc_error *err);

#endif
