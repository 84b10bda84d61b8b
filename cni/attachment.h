/* SPDX-License-Identifier: MIT */
#ifndef CNI_ATTACHMENT_H
#define CNI_ATTACHMENT_H

#include "args.h"
#include "netns.h"
#include "result.h"

/*
 * An attachment is a pod's interface in a network: a veth pair whose host end
 * is a port of the bridge, and the leases of its addresses. Both are named
 * after container and interface, so that DEL needs nothing but these names.
 *
 * Each function sets *code, the CNI error code, when it fails.
 */

/* "veth" and a hash, in name[IFNAMSIZ]. */
void attachment_host_name(const struct ipam_owner *owner, char name[IFNAMSIZ]);

/* Opens the pod's namespace and a routing socket in it, both the caller's to close. */
int attachment_enter(const struct args *args, int *ret_netns, struct rtnl *ret_rtnl,
		     enum cni_code *code, struct kinc_error *err);

/* On failure everything is as it was, but for the bridge. result->netns points into args. */
int attachment_add(const struct args *args, const struct conf *conf, struct result *ret_result,
		   enum cni_code *code, struct kinc_error *err);

/* Whatever of the attachment is missing is no failure. */
int attachment_delete(const struct ipam_owner *owner, const struct conf *conf, enum cni_code *code,
		      struct kinc_error *err);

int attachment_check(const struct args *args, const struct conf *conf, enum cni_code *code,
		     struct kinc_error *err);

#endif
