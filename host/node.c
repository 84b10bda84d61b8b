/* SPDX-License-Identifier: MIT */
#include "node.h"

#include <stdarg.h>

#include "cluster.h"

struct podman node_new(const char *cluster)
{
	char container[CLUSTER_TEXT_MAX];
	struct podman podman = podman_new();

	cluster_container(cluster, container);
	podman_add(&podman, "exec");
	podman_add(&podman, container);
	return podman;
}

struct podman node_kubectl(const char *cluster)
{
	struct podman podman = node_new(cluster);

	podman_add(&podman, "kubectl");
	podman_add(&podman, "--kubeconfig=/etc/kubernetes/admin.conf");
	podman_add(&podman, "--request-timeout=10s");
	return podman;
}

int node_call(const char *cluster, int timeout_ms, char **ret_output, struct kinc_error *err, ...)
{
	cleanup_podman struct podman podman = node_new(cluster);
	const char *word;
	va_list args;

	va_start(args, err);
	while ((word = va_arg(args, const char *))) // NOLINT(*valist*)
		podman_add(&podman, word);
	va_end(args);
	return podman_run(&podman, timeout_ms, ret_output, err);
}
