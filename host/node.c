/* SPDX-License-Identifier: MIT */
#include "node.h"

#include <stdarg.h>

#include "cluster.h"

static struct podman start(const char *cluster, bool reads)
{
	char container[CLUSTER_TEXT_MAX];
	struct podman podman = podman_new();

	cluster_container(cluster, container);
	podman_add(&podman, "exec");
	if (reads)
		podman_add(&podman, "--interactive");
	podman_add(&podman, container);
	return podman;
}

struct podman node_new(const char *cluster)
{
	return start(cluster, false);
}

static struct podman add_kubectl(struct podman podman)
{
	podman_add(&podman, "kubectl");
	podman_add(&podman, "--kubeconfig=/etc/kubernetes/admin.conf");
	return podman;
}

struct podman node_kubectl(const char *cluster)
{
	return add_kubectl(start(cluster, false));
}

struct podman node_kubectl_reading(const char *cluster)
{
	return add_kubectl(start(cluster, true));
}

int node_call(const char *cluster, int timeout_ms, char **ret_output, struct kinc_error *err, ...)
{
	cleanup_podman struct podman podman = node_new(cluster);
	va_list words;

	va_start(words, err);
	podman_add_words(&podman, words);
	va_end(words);
	return podman_run(&podman, timeout_ms, ret_output, err);
}
