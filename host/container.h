/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_CONTAINER_H
#define KINC_HOST_CONTAINER_H

#include <stdbool.h>

#include "cluster.h"
#include "podman.h"

/* What depends on who starts the node's container. */
struct container_ground {
	const char *runtime_dir; /* of the cluster; gets the control socket */
	const char *cgroup;	 /* the parent of the node's, NULL to leave it to podman */
	bool timers;		 /* the user's systemd runs health checks */
	bool uncounted;		 /* no pids controller: crun 1.21 refuses even no limit of it */
};

/* As it is where kinc-launch starts the container itself. cgroup is room for its path. */
struct container_ground container_ground_here(const char *name, const char *runtime_dir,
					      char cgroup[CLUSTER_PATH_MAX]);

/* The last of these, here. */
bool container_is_uncounted(void);

/* Every option of `podman run` that makes a container the node of the cluster. */
void container_add_options(struct podman *podman, const struct cluster *cluster,
			   const struct container_ground *ground);

#endif
