/* SPDX-License-Identifier: MIT */
#include "cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_position.h"
#include "cleanup.h"
#include "io.h"
#include "json.h"
#include "podman.h"
#include "quadlet_file.h"

int cluster_check_name(const char *name, struct kinc_error *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	static const char all[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t length = strlen(name);

	if (length > 0 && length <= CLUSTER_NAME_MAX && strchr(letters, name[0]) &&
	    strspn(name, all) == length && name[length - 1] != '-')
		return 0;
	return kinc_error_set(
		err, EINVAL,
		"\"%.60s\" is not a cluster name: 1 to %d of a-z, 0-9 and -, a letter "
		"first and no - last",
		name, CLUSTER_NAME_MAX);
}

void cluster_list_release(struct cluster_list *list)
{
	free(list->clusters);
	*list = (struct cluster_list){0};
}

static int parse_subnet(const char *text, struct ip_prefix *ret)
{
	int result = prefix_parse(text, ret);

	return result == 0 && ret->address.family != AF_INET ? -EINVAL : result;
}

/* Labels are what any process of this user may have written: all is checked. */
static int parse_one(const cJSON *container, struct cluster *ret)
{
	const cJSON *labels = kinc_json_get(container, "Labels");
	const char *name = kinc_json_string(labels, "io.kinc.cluster", "");
	struct cluster cluster = {0};

	if (cluster_check_name(name, NULL) < 0)
		return -EINVAL;
	int port = network_parse_port(kinc_json_string(labels, "io.kinc.port", ""), NULL);
	if (port > 0 &&
	    parse_subnet(kinc_json_string(labels, "io.kinc.pod-subnet", ""),
			 &cluster.networks.pods) == 0 &&
	    parse_subnet(kinc_json_string(labels, "io.kinc.service-subnet", ""),
			 &cluster.networks.services) == 0)
		cluster.port = port;
	const char *options = kinc_json_string(labels, "io.kinc.options", "");
	if (config_check_options(options) == 0)
		snprintf(cluster.options, sizeof(cluster.options), "%s", options);
	cluster.protocol = atoi(kinc_json_string(labels, "io.kinc.protocol", "0")); /* NOLINT */
	snprintf(cluster.name, sizeof(cluster.name), "%s", name);
	snprintf(cluster.state, sizeof(cluster.state), "%s",
		 kinc_json_string(container, "State", "unknown"));
	snprintf(cluster.image, sizeof(cluster.image), "%s",
		 kinc_json_string(container, "Image", "unknown"));
	*ret = cluster;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct cluster *)a)->name, ((const struct cluster *)b)->name);
}

int cluster_list_parse(const cJSON *containers, struct cluster_list *ret, struct kinc_error *err)
{
	const cJSON *container;
	size_t count = 0;

	/* Podman prints null, or nothing, where a list is empty. */
	if (!cJSON_IsArray(containers) && !cJSON_IsNull(containers))
		return kinc_error_set(err, EPROTO, "podman ps printed no list");
	struct cluster *clusters =
		calloc((size_t)cJSON_GetArraySize(containers) + 1, sizeof(*clusters));
	if (!clusters)
		return kinc_error_errno(err, ENOMEM, "listing clusters");
	cJSON_ArrayForEach(container, containers)
	{
		if (parse_one(container, &clusters[count]) == 0)
			count++;
	}
	qsort(clusters, count, sizeof(*clusters), by_name);
	*ret = (struct cluster_list){.clusters = clusters, .count = count};
	return 0;
}

int cluster_list_load(struct cluster_list *ret, struct kinc_error *err)
{
	cleanup_json cJSON *json = NULL;
	int result = podman_call_json(&json, err, "ps", "--all", "--filter",
				      "label=io.kinc.cluster", "--format", "json", PODMAN_END);

	if (result < 0)
		return result;
	if (cJSON_IsNull(json)) {
		cJSON_Delete(json);
		json = cJSON_CreateArray();
	}
	quadlet_add_all(json);
	return cluster_list_parse(json, ret, err);
}

const struct cluster *cluster_list_find(const struct cluster_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->clusters[i].name, name) == 0)
			return &list->clusters[i];
	return NULL;
}

int cluster_unknown(const struct cluster_list *list, const char *name, struct kinc_error *err)
{
	char known[512] = "";
	size_t used = 0;

	for (size_t i = 0; i < list->count && used < sizeof(known) - CLUSTER_NAME_MAX - 8; i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
					 list->clusters[i].name);
	if (list->count == 0)
		return kinc_error_set(err, ENOENT,
				      "no cluster %s: there is none yet, `kinc-launch "
				      "--cluster %s up` makes it",
				      name, name);
	return kinc_error_set(err, ENOENT, "no cluster %s; there is %s", name, known);
}

int cluster_find(const char *name, struct cluster *ret, struct kinc_error *err)
{
	cleanup_clusters struct cluster_list list = {0};
	int result = cluster_list_load(&list, err);

	if (result < 0)
		return result;
	const struct cluster *cluster = cluster_list_find(&list, name);
	if (!cluster)
		return cluster_unknown(&list, name, err);
	*ret = *cluster;
	return 0;
}

int cluster_find_running(const char *name, struct cluster *ret, struct kinc_error *err)
{
	int result = cluster_find(name, ret, err);

	if (result < 0 || strcmp(ret->state, "running") == 0)
		return result;
	return kinc_error_set(err, ESRCH, "cluster %s is %s: `kinc-launch --cluster %s %s", name,
			      ret->state, name,
			      strcmp(ret->state, "paused") == 0 ? "resume` lets it go on"
								: "start` starts it");
}

int cluster_exit_status(int result)
{
	if (result == 0)
		return KINC_EXIT_OK;
	return result == -ENOENT || result == -ESRCH ? KINC_EXIT_NOT_SO : KINC_EXIT_SYSTEM;
}

void cluster_container(const char *name, char text[CLUSTER_TEXT_MAX])
{
	snprintf(text, CLUSTER_TEXT_MAX, "kinc-%.*s-control-plane", CLUSTER_NAME_MAX, name);
}

void cluster_volume(const char *name, const char *which, char text[CLUSTER_TEXT_MAX])
{
	snprintf(text, CLUSTER_TEXT_MAX, "kinc-%.*s-%.10s", CLUSTER_NAME_MAX, name, which);
}

static int path_below(const char *variable, const char *below, char path[CLUSTER_PATH_MAX],
		      struct kinc_error *err)
{
	const char *base = getenv(variable);

	if (!base || *base != '/')
		return kinc_error_set(err, ENOENT, "%s is not set: %s", variable,
				      podman_systemd_booted()
					      ? "log in as the user, or as root `loginctl "
						"enable-linger` for it"
					      : "log in as the user, or use `kinc-launch enter`");
	if (snprintf(path, CLUSTER_PATH_MAX, "%s/%s", base, below) >= CLUSTER_PATH_MAX)
		return kinc_error_set(err, ENAMETOOLONG, "%s is too long", variable);
	return 0;
}

int cluster_runtime_dir(const char *name, char path[CLUSTER_PATH_MAX], struct kinc_error *err)
{
	char below[CLUSTER_TEXT_MAX];

	snprintf(below, sizeof(below), "kinc/%.*s", CLUSTER_NAME_MAX, name);
	return path_below("XDG_RUNTIME_DIR", below, path, err);
}

int cluster_socket(const char *name, char path[CLUSTER_PATH_MAX], struct kinc_error *err)
{
	char below[CLUSTER_TEXT_MAX];

	snprintf(below, sizeof(below), "kinc/%.*s/kinc.sock", CLUSTER_NAME_MAX, name);
	return path_below("XDG_RUNTIME_DIR", below, path, err);
}

int cluster_kubeconfig(const char *name, char path[CLUSTER_PATH_MAX], struct kinc_error *err)
{
	char below[CLUSTER_TEXT_MAX];

	snprintf(below, sizeof(below), ".kube/kinc-%.*s", CLUSTER_NAME_MAX, name);
	return path_below("HOME", below, path, err);
}

int cluster_cgroup(const char *name, char path[CLUSTER_PATH_MAX])
{
	char procs[CLUSTER_PATH_MAX + 64];
	cleanup_free char *text = NULL;

	if (podman_systemd_booted() ||
	    kinc_read_file(AT_FDCWD, "/proc/self/cgroup", 1 << 16, &text, NULL, NULL) < 0)
		return -ENOENT;
	cleanup_free char *position = cgroup_position_parse(text);
	char *leaf = position ? strrchr(position, '/') : NULL;
	if (!leaf || leaf == position)
		return -ENOENT;
	*leaf = '\0';
	if (snprintf(path, CLUSTER_PATH_MAX, "%s/kinc-%.*s", position, CLUSTER_NAME_MAX, name) >=
	    CLUSTER_PATH_MAX)
		return -ENOENT;
	snprintf(procs, sizeof(procs), "/sys/fs/cgroup%s/cgroup.procs", position);
	return access(procs, W_OK) == 0 ? 0 : -ENOENT;
}

int cluster_lock(struct kinc_error *err)
{
	const char *state = getenv("XDG_STATE_HOME");
	char path[CLUSTER_PATH_MAX];
	int result = state && *state == '/' ? path_below("XDG_STATE_HOME", "kinc", path, err)
					    : path_below("HOME", ".local/state/kinc", path, err);

	if (result == 0)
		result = kinc_make_directories(path, 0700, err);
	if (result < 0)
		return result;
	strncat(path, "/lock", sizeof(path) - strlen(path) - 1);
	return kinc_lock_file(path, err);
}
