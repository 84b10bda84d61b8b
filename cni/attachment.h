/* SPDX-License-Identifier: MIT */
#ifndef CNI_ATTACHMENT_H
#define CNI_ATTACHMENT_H

#include "args.h"
#include "pod.h"
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

/* How the pod's port on the bridge is set. */
struct link_port attachment_port(const struct conf *conf);

/* The pod's routes into the subnet of a lease where that is not on the link; their number. */
size_t attachment_subnet_routes(const struct conf *conf, const struct lease *lease,
				struct conf_route routes[2]);

/* Opens the pod, which is the caller's to close. */
int attachment_enter(const struct args *args, enum pod_use use, struct pod *ret_pod,
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
