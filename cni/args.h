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
 * For ADD, CHECK (netns_needed) and DEL. IP and MAC of CNI_ARGS go into wish,
 * which may be NULL. -EINVAL: a variable is missing or wrong.
 */
int args_read(struct args *ret_args, bool netns_needed, struct conf_wish *wish,
	      struct kinc_error *err);

#endif
