/* SPDX-License-Identifier: MIT */
#include "kubeconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "cluster.h"
#include "io.h"
#include "launch.h"
#include "podman.h"

enum { KUBECONFIG_MAX = 1 << 20 };

static int write_own(const char *name, const char *text, const char *merged, struct kinc_error *err)
{
	char path[CLUSTER_PATH_MAX], directory[CLUSTER_PATH_MAX];
	cleanup_free char *marked = NULL;
	int result = cluster_kubeconfig(name, path, err);

	if (result < 0)
		return result;
	if (asprintf(&marked, "%s%s%s%s", *merged ? KUBECONFIG_MERGED_MARK : "", merged,
		     *merged ? "\n" : "", text) < 0) {
		marked = NULL;
		return kinc_error_errno(err, ENOMEM, "kubeconfig");
	}
	snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(path, '/') - path), path);
	result = kinc_make_directories(directory, 0700, err);
	return result < 0 ? result
			  : kinc_write_file_atomic(path, marked, strlen(marked), 0600, err);
}

int kubeconfig_fetch(const char *name, int port, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX], merged[CLUSTER_PATH_MAX];
	cleanup_free char *original = NULL;
	cleanup_free char *text = NULL;
	struct kinc_error reason = {0};

	cluster_container(name, container);
	int result = podman_call(&original, err, "exec", container, "cat",
				 "/etc/kubernetes/admin.conf", PODMAN_END);
	if (result == 0 && original)
		result = kubeconfig_rewrite(original, strlen(original), name, port, &text, err);
	if (result < 0 || !text)
		return result;
	if (kubeconfig_file_merge(name, text, merged, &reason) < 0) {
		launch_say("left out of kubectl's file: %s", reason.message);
		merged[0] = '\0';
	}
	return write_own(name, text, merged, err);
}

static int print_file(const char *path, struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	size_t size;
	int result = kinc_read_file(AT_FDCWD, path, KUBECONFIG_MAX, &text, &size, err);

	return result < 0 ? result : kinc_write_all(STDOUT_FILENO, text, size, err);
}

int command_kubeconfig(struct launch *launch, struct kinc_error *err)
{
	cleanup_clusters struct cluster_list list = {0};
	char path[CLUSTER_PATH_MAX];
	int result = cluster_list_load(&list, err);

	if (result < 0)
		return KINC_EXIT_SYSTEM;
	const struct cluster *cluster = cluster_list_find(&list, launch->cluster);
	if (!cluster) {
		cluster_unknown(&list, launch->cluster, err);
		return KINC_EXIT_NOT_SO;
	}
	result = cluster_kubeconfig(cluster->name, path, err);
	/* A stopped cluster keeps the file that it had. */
	if (result == 0 && (strcmp(cluster->state, "running") == 0 || access(path, R_OK) < 0))
		result = kubeconfig_fetch(cluster->name, cluster->port, err);
	if (result < 0)
		return KINC_EXIT_NOT_SO;
	if (launch->path_only) {
		puts(path);
		return KINC_EXIT_OK;
	}
	return print_file(path, err) < 0 ? KINC_EXIT_SYSTEM : KINC_EXIT_OK;
}
