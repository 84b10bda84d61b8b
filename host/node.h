/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_NODE_H
#define KINC_HOST_NODE_H

#include <cjson/cJSON.h>

#include "error.h"
#include "podman.h"

/* A command line for the node of a cluster: `podman exec CONTAINER`, to which words are added. */
struct podman node_new(const char *cluster);

/* The same for kubectl as the cluster's administrator; the second one passes stdin on. */
struct podman node_kubectl(const char *cluster);
struct podman node_kubectl_reading(const char *cluster);

/*
 * Runs ARGV (PODMAN_END at the end) in the node. *ret_output, which may be NULL,
 * is the caller's to free. EREMOTEIO with the last line of its stderr when it
 * fails.
 */
int node_call(const char *cluster, int timeout_ms, char **ret_output, struct kinc_error *err, ...)
	__attribute__((sentinel));

#endif
