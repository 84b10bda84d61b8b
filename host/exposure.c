/* SPDX-License-Identifier: MIT */
#include "exposure.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "control.h"
#include "io.h"
#include "json.h"

enum { ASK_TIMEOUT_MS = 2000 };

static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

static int bad(const char *text, struct kinc_error *err)
{
	return kinc_error_set(err, EINVAL,
			      "\"%.80s\" is not what can be exposed: service/NAME[:PORT], "
			      "pod/NAME:PORT or node:PORT",
			      text);
}

int exposure_parse(const char *text, struct exposure_target *ret, struct kinc_error *err)
{
	static const char *const kinds[] = {"service/", "pod/", "node"};
	struct exposure_target target = {0};
	size_t kind = 0;

	while (kind < 3 && strncmp(text, kinds[kind], strlen(kinds[kind])) != 0)
		kind++;
	if (kind == 3)
		return bad(text, err);
	const char *name = text + strlen(kinds[kind]);
	size_t length = strcspn(name, ":");
	const char *port = name[length] ? name + length + 1 : "";
	target.kind = (enum exposure_kind)kind;
	/* A pod may have dots in its name. What could be an option or a path never passes. */
	size_t plain = 0;
	while (plain < length && (strchr(letters, name[plain]) || name[plain] == '.'))
		plain++;
	if (plain != length || length >= sizeof(target.name) || *name == '-' || *name == '.' ||
	    (length == 0) != (target.kind == EXPOSURE_NODE))
		return bad(text, err);
	if (strspn(port, letters) != strlen(port) || strlen(port) >= sizeof(target.port) ||
	    *port == '-' || (!*port && (name[length] || target.kind != EXPOSURE_SERVICE)))
		return bad(text, err);
	snprintf(target.name, sizeof(target.name), "%.*s", (int)length, name);
	snprintf(target.port, sizeof(target.port), "%s", port);
	*ret = target;
	return 0;
}

static int folder_of(const char *cluster, char path[CLUSTER_PATH_MAX], struct kinc_error *err)
{
	char kinc[CLUSTER_PATH_MAX];
	int result = cluster_runtime_dir("", kinc, err);

	if (result < 0)
		return result;
	if (snprintf(path, CLUSTER_PATH_MAX, "%s.expose/%.*s", kinc, CLUSTER_NAME_MAX, cluster) >=
	    CLUSTER_PATH_MAX - 8)
		return kinc_error_set(err, ENAMETOOLONG, "XDG_RUNTIME_DIR is too long");
	return 0;
}

int exposure_socket(const char *cluster, int port, bool make, char path[CLUSTER_PATH_MAX],
		    struct kinc_error *err)
{
	int result = folder_of(cluster, path, err);

	if (result == 0 && make)
		result = kinc_make_directories(path, 0700, err);
	if (result < 0)
		return result;
	size_t used = strlen(path);
	snprintf(path + used, CLUSTER_PATH_MAX - used, "/%d", port);
	return 0;
}

/* Connects and takes what the process tells; removes the socket of one that is gone. */
static cJSON *ask(const char *path, struct kinc_control *control)
{
	cJSON *told = NULL;
	int result = kinc_control_connect(control, path, NULL);

	if (result == -ECONNREFUSED)
		unlink(path);
	if (result < 0 || kinc_control_next(control, ASK_TIMEOUT_MS, &told, NULL) < 0)
		return NULL;
	return told;
}

static int by_port(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* The ports that have a socket; how many, at the most max. */
static size_t find_ports(const char *cluster, int *ports, size_t max)
{
	char path[CLUSTER_PATH_MAX];
	DIR *stream = folder_of(cluster, path, NULL) == 0 ? opendir(path) : NULL;
	struct dirent *entry;
	size_t count = 0;

	while (stream && count < max && (entry = readdir(stream))) {
		int port = network_parse_port(entry->d_name, NULL);
		if (port > 0)
			ports[count++] = port;
	}
	if (stream)
		closedir(stream);
	qsort(ports, count, sizeof(*ports), by_port);
	return count;
}

enum { PORTS_MAX = 1024 };

cJSON *exposure_list(const char *cluster)
{
	int ports[PORTS_MAX];
	size_t count = find_ports(cluster, ports, PORTS_MAX);
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < count; i++) {
		cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
		char path[CLUSTER_PATH_MAX];
		cJSON *told = exposure_socket(cluster, ports[i], false, path, NULL) == 0
				      ? ask(path, &control)
				      : NULL;
		if (told && !cJSON_AddItemToArray(list, told))
			cJSON_Delete(told);
	}
	return list;
}

static int end_one(const char *cluster, int port, struct kinc_error *err)
{
	cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
	cleanup_json cJSON *told = NULL, *more = NULL;
	cleanup_json cJSON *request = cJSON_CreateObject();
	char path[CLUSTER_PATH_MAX];
	int result = exposure_socket(cluster, port, false, path, err);

	if (result < 0)
		return result;
	told = ask(path, &control);
	if (!told)
		return kinc_error_set(err, ENOENT, "port %d of cluster %s is not exposed", port,
				      cluster);
	/* Its end may come before all is sent, and closes the connection. */
	(void)kinc_control_send(&control, request, ASK_TIMEOUT_MS, NULL);
	if (kinc_control_next(&control, ASK_TIMEOUT_MS, &more, NULL) != -ECONNRESET)
		result = kinc_error_set(err, ETIMEDOUT, "what exposes port %d does not end", port);
	unlink(path);
	return result;
}

int exposure_end(const char *cluster, int port, struct kinc_error *err)
{
	int ports[PORTS_MAX];
	char path[CLUSTER_PATH_MAX];
	int first = 0;

	if (port)
		return end_one(cluster, port, err);
	size_t count = find_ports(cluster, ports, PORTS_MAX);
	for (size_t i = 0; i < count; i++) {
		int result = end_one(cluster, ports[i], first ? NULL : err);
		/* One that was killed ends nothing any more. */
		if (result < 0 && result != -ENOENT && !first)
			first = result;
	}
	if (folder_of(cluster, path, NULL) == 0) {
		rmdir(path);
		*strrchr(path, '/') = '\0';
		rmdir(path);
	}
	return first;
}
