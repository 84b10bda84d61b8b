/* SPDX-License-Identifier: MIT */
#include "remove.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "cluster.h"
#include "delegation.h"
#include "exposure.h"
#include "kubeconfig.h"
#include "launch.h"
#include "podman.h"
#include "quadlet.h"

/* The container's own stop timeout is 60 s. */
enum { STOP_TIMEOUT_MS = 90000 };

/* Crun leaves the node's cgroup when it is killed, and always its parent. */
static int remove_cgroup(const char *name, struct kinc_error *err)
{
	char path[CLUSTER_PATH_MAX];

	if (cluster_cgroup(name, path) < 0)
		return 0;
	cleanup_close int tree = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree < 0)
		return kinc_error_errno(err, errno, "cannot open /sys/fs/cgroup");
	return delegation_remove(tree, path, err);
}

static int remove_container(const char *name, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];

	cluster_container(name, container);
	if (podman_call(NULL, NULL, "container", "exists", container, PODMAN_END) < 0)
		return 0;
	cleanup_podman struct podman stop = podman_new();
	podman_add(&stop, "stop");
	podman_add(&stop, container);
	/* One that does not stop is removed by force all the same. */
	(void)podman_run(&stop, STOP_TIMEOUT_MS, NULL, NULL);
	return podman_call(NULL, err, "rm", "--force", "--volumes", container, PODMAN_END);
}

static int remove_volume(const char *name, const char *which, struct kinc_error *err)
{
	char volume[CLUSTER_TEXT_MAX];

	cluster_volume(name, which, volume);
	if (podman_call(NULL, NULL, "volume", "exists", volume, PODMAN_END) < 0)
		return 0;
	return podman_call(NULL, err, "volume", "rm", "--force", volume, PODMAN_END);
}

static int remove_kubeconfig(const char *name, struct kinc_error *err)
{
	char path[CLUSTER_PATH_MAX];
	struct kinc_error reason = {0};
	int result = cluster_kubeconfig(name, path, err);

	if (result < 0)
		return result;
	/* First, since the other file tells which one it was. */
	if (kubeconfig_file_unmerge(name, &reason) < 0)
		launch_say("its entries stay in kubectl's file: %s", reason.message);
	if (unlink(path) < 0 && errno != ENOENT)
		return kinc_error_errno(err, errno, "cannot remove %s", path);
	return 0;
}

static int remove_runtime_dir(const char *name, struct kinc_error *err)
{
	char path[CLUSTER_PATH_MAX], socket[CLUSTER_PATH_MAX];
	int result = cluster_runtime_dir(name, path, err);

	if (result == 0)
		result = cluster_socket(name, socket, err);
	if (result < 0)
		return result;
	unlink(socket);
	if (rmdir(path) < 0 && errno != ENOENT)
		return kinc_error_errno(err, errno, "cannot remove %s", path);
	*strrchr(path, '/') = '\0';
	rmdir(path); /* kinc/, when this was the last cluster */
	return 0;
}

static void keep_first(int *first, int result, struct kinc_error *err,
		       const struct kinc_error *reason)
{
	if (result == 0 || *first != 0)
		return;
	*first = result;
	if (err)
		*err = *reason;
}

int remove_parts(const char *name, const struct remove_parts *parts, struct kinc_error *err)
{
	struct kinc_error reason = {0};
	int first = 0;

	if (parts->container)
		keep_first(&first, remove_container(name, &reason), err, &reason);
	if (parts->container)
		keep_first(&first, remove_cgroup(name, &reason), err, &reason);
	if (parts->data)
		keep_first(&first, remove_volume(name, "var-data", &reason), err, &reason);
	if (parts->config)
		keep_first(&first, remove_volume(name, "config", &reason), err, &reason);
	if (parts->kubeconfig)
		keep_first(&first, remove_kubeconfig(name, &reason), err, &reason);
	if (parts->runtime_dir)
		keep_first(&first, remove_runtime_dir(name, &reason), err, &reason);
	return first;
}

/* A cluster that lost its container is known by its volumes still. */
static bool volumes_left(const char *name)
{
	char data[CLUSTER_TEXT_MAX], config[CLUSTER_TEXT_MAX];

	cluster_volume(name, "var-data", data);
	cluster_volume(name, "config", config);
	return podman_call(NULL, NULL, "volume", "exists", data, PODMAN_END) == 0 ||
	       podman_call(NULL, NULL, "volume", "exists", config, PODMAN_END) == 0;
}

int command_down(struct launch *launch, struct kinc_error *err)
{
	static const struct remove_parts everything = {true, true, true, true, true};
	cleanup_clusters struct cluster_list list = {0};
	cleanup_close int lock = cluster_lock(err);

	if (lock < 0 || cluster_list_load(&list, err) < 0)
		return KINC_EXIT_SYSTEM;
	if (!cluster_list_find(&list, launch->cluster) && !volumes_left(launch->cluster)) {
		cluster_unknown(&list, launch->cluster, err);
		return KINC_EXIT_NOT_SO;
	}
	/* Or systemd would start it again. */
	if (exposure_end(launch->cluster, 0, err) < 0 || quadlet_remove(launch->cluster, err) < 0 ||
	    remove_parts(launch->cluster, &everything, err) < 0)
		return KINC_EXIT_SYSTEM;
	launch_say("cluster %s is gone", launch->cluster);
	return KINC_EXIT_OK;
}
