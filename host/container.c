/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A node is a container with these options, whoever starts
 * it: `up` hands them to podman, `quadlet` writes them into a .container file.
 * They are in one place so that the two cannot come to differ.
 */
#include "container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "controllers.h"
#include "version.h"

bool container_is_uncounted(void)
{
	cleanup_free char *list = NULL;

	return controllers_read(&list) == 0 && !controllers_have(list, "pids");
}

struct container_ground container_ground_here(const char *name, const char *runtime_dir,
					      char cgroup[CLUSTER_PATH_MAX])
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char manager[CLUSTER_PATH_MAX];

	snprintf(manager, sizeof(manager), "%s/systemd/private", runtime ? runtime : "/run");
	return (struct container_ground){
		.runtime_dir = runtime_dir,
		.cgroup = cluster_cgroup(name, cgroup) == 0 ? cgroup : NULL,
		.timers = access(manager, F_OK) == 0,
		.uncounted = container_is_uncounted(),
	};
}

static void add_identity(struct podman *podman, const struct cluster *cluster)
{
	enum network_families families = config_families(cluster->options);
	char pods[NETWORK_TEXT_MAX], services[NETWORK_TEXT_MAX];

	network_format(&cluster->networks, NETWORK_IPV4, pods, services);
	podman_addf(podman, "--label=io.kinc.cluster=%s", cluster->name);
	podman_addf(podman, "--label=io.kinc.port=%d", cluster->port);
	podman_addf(podman, "--label=io.kinc.pod-subnet=%s", pods);
	podman_addf(podman, "--label=io.kinc.service-subnet=%s", services);
	podman_addf(podman, "--label=io.kinc.protocol=%d", KINC_PROTOCOL);
	podman_addf(podman, "--env=KINC_CLUSTER=%s", cluster->name);
	podman_addf(podman, "--env=KINC_API_PORT=%d", cluster->port);
	network_format(&cluster->networks, families, pods, services);
	podman_addf(podman, "--env=KINC_POD_SUBNET=%s", pods);
	podman_addf(podman, "--env=KINC_SERVICE_SUBNET=%s", services);
	/* A node of IPv6 alone first hears from its router, as who forwards does not. */
	if (families == NETWORK_DUAL)
		podman_add(podman, "--sysctl=net.ipv6.conf.all.forwarding=1");
}

/* What the user's configuration adds, and the label that keeps it. */
static void add_configured(struct podman *podman, const char *options)
{
	if (*options)
		podman_addf(podman, "--label=io.kinc.options=%s", options);
	while (*options) {
		size_t length = strcspn(options, ";");
		podman_addf(podman, "%.*s", (int)length, options);
		options += length;
		options += *options == ';';
	}
}

void container_add_options(struct podman *podman, const struct cluster *cluster,
			   const struct container_ground *ground)
{
	static const char *const fixed[] = {
		"--systemd=always",
		"--cgroupns=private",
		/* SYS_PTRACE: crun joins the namespaces of a sandbox that is another user's. */
		"--cap-add=SYS_ADMIN,SYS_PTRACE,NET_ADMIN,NET_RAW",
		"--security-opt=unmask=ALL",
		"--device=/dev/fuse",
		"--stop-timeout=60",
		"--sysctl=net.ipv4.ip_forward=1",
	};
	char container[CLUSTER_TEXT_MAX], data[CLUSTER_TEXT_MAX], config[CLUSTER_TEXT_MAX];

	cluster_container(cluster->name, container);
	cluster_volume(cluster->name, "var-data", data);
	cluster_volume(cluster->name, "config", config);
	podman_addf(podman, "--name=%s", container);
	podman_addf(podman, "--hostname=%s", container);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		podman_add(podman, fixed[i]);
	if (!ground->uncounted)
		podman_add(podman, "--pids-limit=-1");
	if (ground->cgroup)
		podman_addf(podman, "--cgroup-parent=%s", ground->cgroup);
	podman_addf(podman, "--volume=%s:/var:suid,exec,dev", data);
	podman_addf(podman, "--volume=%s:/etc/kinc/config", config);
	podman_addf(podman, "--volume=%s:/run/kinc/control", ground->runtime_dir);
	podman_addf(podman, "--publish=127.0.0.1:%d:6443", cluster->port);
	add_identity(podman, cluster);
	add_configured(podman, cluster->options);
	podman_add(podman, "--health-cmd=[\"kincctl\",\"health\"]");
	podman_add(podman, "--health-start-period=300s");
	/* Asking for a timer where there is none would fail the start; `podman healthcheck run`
	 * works anyway. */
	if (!ground->timers)
		podman_add(podman, "--health-interval=disable");
}
