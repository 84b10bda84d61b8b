/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_KUBECONFIG_H
#define KINC_HOST_KUBECONFIG_H

#include <stddef.h>

#include "error.h"

/*
 * kubeadm's admin.conf, as seen from outside of the node: server
 * https://127.0.0.1:port, and cluster, user and context called kinc-NAME.
 * Everything else stays. *ret_text is the caller's to free. EPROTO when the
 * text is not a kubeconfig of one cluster, one user and one context.
 */
int kubeconfig_rewrite(const char *text, size_t size, const char *name, int port, char **ret_text,
		       struct kinc_error *err);

/* Takes admin.conf out of the cluster's container and writes ~/.kube/kinc-NAME. */
int kubeconfig_fetch(const char *name, int port, struct kinc_error *err);

#endif
