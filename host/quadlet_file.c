/* SPDX-License-Identifier: MIT */
#include "quadlet_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "container.h"
#include "io.h"
#include "json.h"

enum { FILE_MAX = 1 << 16, LINE_MAX_BYTES = CONFIG_OPTIONS_MAX + 512 }; /* what is longer is none of ours */

void quadlet_unit(const char *name, char text[QUADLET_UNIT_MAX])
{
	char container[CLUSTER_TEXT_MAX];

	cluster_container(name, container);
	snprintf(text, QUADLET_UNIT_MAX, "%s.service", container);
}

static int directory(char path[CLUSTER_PATH_MAX], struct kinc_error *err)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	bool own = config && *config == '/';

	if (!own && (!home || *home != '/'))
		return kinc_error_set(err, ENOENT, "HOME is not set");
	if (snprintf(path, CLUSTER_PATH_MAX, "%s%s/containers/systemd", own ? config : home,
		     own ? "" : "/.config") >= CLUSTER_PATH_MAX - QUADLET_UNIT_MAX)
		return kinc_error_set(err, ENAMETOOLONG, "HOME is too long");
	return 0;
}

int quadlet_path(const char *name, char path[CLUSTER_PATH_MAX], struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];
	int result = directory(path, err);

	if (result < 0)
		return result;
	size_t used = strlen(path);
	cluster_container(name, container);
	snprintf(path + used, CLUSTER_PATH_MAX - used, "/%s.container", container);
	return 0;
}

bool quadlet_installed(const char *name)
{
	char path[CLUSTER_PATH_MAX];

	return quadlet_path(name, path, NULL) == 0 && access(path, F_OK) == 0;
}

/*
 * The keys of 4.4, the first Podman that reads such files. What has none there,
 * podman gets as it is.
 */
static void print_option(FILE *out, const char *option)
{
	static const char *const keys[][2] = {
		{"--name=", "ContainerName"}, {"--volume=", "Volume"},	     {"--label=", "Label"},
		{"--env=", "Environment"},    {"--publish=", "PublishPort"},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		size_t length = strlen(keys[i][0]);
		if (strncmp(option, keys[i][0], length) == 0) {
			fprintf(out, "%s=%s\n", keys[i][1], option + length);
			return;
		}
	}
	if (!strpbrk(option, "\"\\ ")) {
		fprintf(out, "PodmanArgs=%s\n", option);
		return;
	}
	/* systemd.syntax(7) */
	fputs("PodmanArgs=\"", out);
	for (; *option; option++)
		fprintf(out, "%s%c", strchr("\"\\", *option) ? "\\" : "", *option);
	fputs("\"\n", out);
}

int quadlet_print(const struct cluster *cluster, char **ret, struct kinc_error *err)
{
	char runtime_dir[CLUSTER_TEXT_MAX];
	/* %t is the user's runtime directory, which is another one after each boot. */
	const struct container_ground ground = {
		.runtime_dir = runtime_dir, .timers = true, .uncounted = container_is_uncounted()};
	cleanup_podman struct podman options = {0};
	cleanup_free char *text = NULL;
	size_t size = 0;

	snprintf(runtime_dir, sizeof(runtime_dir), "%%t/kinc/%s", cluster->name);
	container_add_options(&options, cluster, &ground);
	FILE *out = open_memstream(&text, &size);
	if (!out || options.failed) {
		if (out)
			fclose(out);
		return kinc_error_errno(err, ENOMEM, "the unit of cluster %s", cluster->name);
	}
	fprintf(out,
		"# Written by `kinc-launch --cluster %s quadlet`, which also removes it.\n"
		"[Unit]\n"
		"Description=Kubernetes cluster %s\n"
		"Documentation=man:kinc-launch(1)\n\n"
		"[Container]\n"
		"Image=%s\n"
		"Notify=true\n",
		cluster->name, cluster->name, cluster->image);
	for (size_t i = 0; i < options.count; i++)
		print_option(out, options.words[i]);
	/* It is started when the cluster is Ready, and stopped when its pods have ended. */
	fprintf(out,
		"\n[Service]\n"
		"RuntimeDirectory=kinc/%s\n"
		"RuntimeDirectoryMode=0700\n"
		"Restart=on-failure\n"
		"TimeoutStartSec=900\n"
		"TimeoutStopSec=120\n\n"
		"[Install]\n"
		"WantedBy=default.target\n",
		cluster->name);
	if (fclose(out) != 0 || !text)
		return kinc_error_errno(err, ENOMEM, "the unit of cluster %s", cluster->name);
	*ret = steal_ptr(&text);
	return 0;
}

cJSON *quadlet_parse(const char *text)
{
	cleanup_json cJSON *json = cJSON_CreateObject();
	cJSON *labels = cJSON_AddObjectToObject(json, "Labels");
	char line[LINE_MAX_BYTES];

	for (size_t length; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s",
			 (int)(length < sizeof(line) ? length : sizeof(line)), text);
		char *value = strchr(line, '='), *second;
		if (!value)
			continue;
		*value++ = '\0';
		second = strchr(value, '=');
		if (strcmp(line, "Label") == 0 && second) {
			*second = '\0';
			cJSON_AddStringToObject(labels, value, second + 1);
		} else if (strcmp(line, "Image") == 0) {
			cJSON_AddStringToObject(json, "Image", value);
		}
	}
	cJSON_AddStringToObject(json, "State", "installed");
	return kinc_json_get(labels, "io.kinc.cluster") ? steal_ptr(&json) : NULL;
}

static bool is_among(const cJSON *containers, const cJSON *cluster)
{
	const char *name =
		kinc_json_string(kinc_json_get(cluster, "Labels"), "io.kinc.cluster", "");
	const cJSON *container;

	cJSON_ArrayForEach(container, containers)
	{
		if (strcmp(kinc_json_string(kinc_json_get(container, "Labels"), "io.kinc.cluster",
					    ""),
			   name) == 0)
			return true;
	}
	return false;
}

void quadlet_add_all(cJSON *containers)
{
	static const char end[] = "-control-plane.container";
	char path[CLUSTER_PATH_MAX];
	DIR *stream = directory(path, NULL) == 0 ? opendir(path) : NULL;
	struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		size_t length = strlen(entry->d_name);
		cleanup_free char *text = NULL;
		if (strncmp(entry->d_name, "kinc-", 5) != 0 || length < sizeof(end) ||
		    strcmp(entry->d_name + length - (sizeof(end) - 1), end) != 0 ||
		    kinc_read_file(dirfd(stream), entry->d_name, FILE_MAX, &text, NULL, NULL) < 0)
			continue;
		cJSON *cluster = quadlet_parse(text);
		if (!cluster || is_among(containers, cluster) ||
		    !cJSON_AddItemToArray(containers, cluster))
			cJSON_Delete(cluster);
	}
	if (stream)
		closedir(stream);
}
