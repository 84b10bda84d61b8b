/* SPDX-License-Identifier: MIT */
#ifndef CNI_ARGS_H
#define CNI_ARGS_H

#include "error.h"
#include "ipam.h"

/* What the runtime says by environment variables; the strings are the environment's. */
struct args {
	struct ipam_owner owner; /* CNI_CONTAINERID and CNI_IFNAME */
	const char *netns;	 /* CNI_NETNS; NULL or empty: gone (DEL) */
};

/*
 * For ADD, CHECK (netns_needed) and DEL. -EINVAL: a variable is missing or
 * wrong. -EOPNOTSUPP: CNI_ARGS asks for something that kincnet does not do.
 */
int args_read(struct args *ret_args, bool netns_needed, struct kinc_error *err);

#endif
