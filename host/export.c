/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. export-logs gathers what somebody who mends a cluster
 * asks for first, each piece a file; one that cannot be had is named in
 * missing.txt with the reason, so that a broken cluster gives what is left of
 * it. Everything goes through redact.h before it is packed, wherever it came
 * from.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "boot.h"
#include "bundle.h"
#include "chart.h"
#include "cleanup.h"
#include "cluster.h"
#include "control.h"
#include "doctor.h"
#include "feed.h"
#include "json.h"
#include "launch.h"
#include "look.h"
#include "podman.h"
#include "version.h"

enum { ASK_TIMEOUT_MS = 10000, LOG_TIMEOUT_MS = 60000 };

/* Makes the content of a file, the caller's to free. */
typedef int piece_function(const struct cluster *cluster, char **ret, struct kinc_error *err);

static int as_text(const cJSON *json, char **ret, struct kinc_error *err)
{
	*ret = json ? cJSON_Print(json) : NULL;
	return *ret ? 0 : kinc_error_errno(err, ENOMEM, "exporting");
}

static int versions(const struct cluster *cluster, char **ret, struct kinc_error *err)
{
	cleanup_json cJSON *json = cJSON_CreateObject();
	cleanup_free char *podman = NULL;
	struct utsname kernel = {0};

	(void)uname(&kernel);
	(void)podman_call(&podman, NULL, "--version", PODMAN_END);
	cJSON_AddStringToObject(json, "kinc_launch", KINC_VERSION);
	cJSON_AddNumberToObject(json, "protocol", KINC_PROTOCOL);
	cJSON_AddStringToObject(json, "podman", podman ? podman : "");
	cJSON_AddStringToObject(json, "kernel", kernel.release);
	cJSON_AddStringToObject(json, "machine", kernel.machine);
	cJSON_AddStringToObject(json, "cluster", cluster->name);
	cJSON_AddStringToObject(json, "state", cluster->state);
	cJSON_AddStringToObject(json, "image", cluster->image);
	return as_text(json, ret, err);
}

static int status(const struct cluster *cluster, char **ret, struct kinc_error *err)
{
	cleanup_json cJSON *json = NULL;
	int result = look_status(cluster->name, &json, err);

	return result < 0 ? result : as_text(json, ret, err);
}

static int chart(const struct cluster *cluster, char **ret, struct kinc_error *err)
{
	cleanup_json cJSON *json = NULL;
	size_t size;
	int result = look_status(cluster->name, &json, err);

	return result < 0 ? result : chart_text(json, ret, &size, err);
}

/* The log of all units in order of time, from the files too. */
static int units(const struct cluster *cluster, char **ret, struct kinc_error *err)
{
	cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
	cleanup_json cJSON *request = kinc_control_request("log", NULL);
	cleanup_json cJSON *answer = NULL;
	cleanup_free char *text = NULL;
	char socket[CLUSTER_PATH_MAX];
	size_t size;
	int result = cluster_socket(cluster->name, socket, err);

	cJSON_AddNumberToObject(request, "since_ms", 1);
	if (result == 0)
		result = kinc_control_connect(&control, socket, err);
	if (result == 0)
		result = kinc_control_ask(&control, request, ASK_TIMEOUT_MS, &answer, err);
	if (result < 0)
		return result;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return kinc_error_errno(err, errno, "exporting");
	while (result == 0 && !boot_interrupted()) {
		cleanup_json cJSON *line = NULL;
		result = kinc_control_next(&control, ASK_TIMEOUT_MS, &line, NULL);
		if (result == 0)
			fprintf(out, "%s %s: %s\n", kinc_json_string(line, "time", ""),
				kinc_json_string(line, "unit", ""),
				kinc_json_string(line, "text", ""));
	}
	if (fclose(out) != 0)
		return kinc_error_errno(err, errno, "exporting");
	*ret = steal_ptr(&text);
	return 0;
}

static int node_log(const struct cluster *cluster, char **ret, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];
	cleanup_podman struct podman podman = podman_new();

	cluster_container(cluster->name, container);
	podman_add(&podman, "logs");
	podman_add(&podman, "--tail=20000");
	podman_add(&podman, container);
	return podman_run(&podman, LOG_TIMEOUT_MS, ret, err);
}

/* Only what kinc sets itself keeps its value: others may hold anything. */
static void hide_environment(const cJSON *container)
{
	static const char *const shown[] = {
		"KINC_", "KUBECONFIG=", "PATH=", "HOME=", "HOSTNAME=", "TERM=", "container="};
	cJSON *variable;

	cJSON_ArrayForEach(variable, kinc_json_get(kinc_json_get(container, "Config"), "Env"))
	{
		bool known = false;
		char *value = cJSON_IsString(variable) ? strchr(variable->valuestring, '=') : NULL;
		for (size_t i = 0; value && i < sizeof(shown) / sizeof(*shown); i++)
			known = known ||
				strncmp(variable->valuestring, shown[i], strlen(shown[i])) == 0;
		if (value && !known)
			value[1] = '\0';
	}
}

static int inspect(const struct cluster *cluster, char **ret, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];
	cleanup_json cJSON *json = NULL;
	cJSON *one;

	cluster_container(cluster->name, container);
	int result = podman_call_json(&json, err, "container", "inspect", container, PODMAN_END);
	if (result < 0)
		return result;
	cJSON_ArrayForEach(one, json)
	{
		hide_environment(one);
		/* The command line that made it says all of that once more. */
		cJSON_DeleteItemFromObjectCaseSensitive(
			cJSON_GetObjectItemCaseSensitive(one, "Config"), "CreateCommand");
	}
	return as_text(json, ret, err);
}

static int podman_info(const struct cluster *cluster, char **ret, struct kinc_error *err)
{
	(void)cluster;
	return podman_call(ret, err, "info", "--format", "json", PODMAN_END);
}

static int doctor(const struct cluster *cluster, char **ret, struct kinc_error *err)
{
	cleanup_json cJSON *json = doctor_look();

	(void)cluster;
	return as_text(json, ret, err);
}

static const struct {
	const char *file;
	piece_function *make;
} pieces[] = {
	{"versions.json", versions}, {"doctor.json", doctor}, {"podman.json", podman_info},
	{"container.json", inspect}, {"status.json", status}, {"boot.svg", chart},
	{"units.log", units},	     {"node.log", node_log},
};

/* /var/log/pods of the node, whether it runs or not, as files below pods/. */
static int add_pods(const struct cluster *cluster, const struct bundle *bundle,
		    struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX], into[2 * BUNDLE_PATH_MAX];
	const char *const argv[] = {"tar",
				    "--extract",
				    "--no-same-owner",
				    "--no-same-permissions",
				    "--exclude=*.gz",
				    "--directory",
				    into,
				    NULL};
	cleanup_run_result struct kinc_run_result done = {0};
	cleanup_podman struct podman podman = podman_new();
	struct feed feed = {.output = -EBADF, .errors = -EBADF};

	cluster_container(cluster->name, container);
	snprintf(into, sizeof(into), "%s/%s", bundle->directory, bundle->name);
	podman_add(&podman, "cp");
	podman_addf(&podman, "%s:/var/log/pods", container);
	podman_add(&podman, "-");
	int result = feed_start(&podman, &feed, err);
	if (result < 0)
		return result;
	result = kinc_run_from(feed.output, argv, 1 << 20, -1, &done, err);
	int fed = feed_finish(&feed, result < 0, err);
	if (result == 0 && fed == 0 && done.status != 0)
		result = kinc_error_set(err, EIO, "tar: %.200s", done.errors);
	return result < 0 ? result : fed;
}

static int gather(const struct cluster *cluster, struct bundle *bundle, struct kinc_error *err)
{
	cleanup_free char *missing = NULL;
	size_t size = 0;
	int result = 0;
	FILE *out = open_memstream(&missing, &size);

	if (!out)
		return kinc_error_errno(err, errno, "exporting");
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces) && result == 0; i++) {
		cleanup_free char *text = NULL;
		struct kinc_error why = {0};
		if (boot_interrupted())
			break;
		if (pieces[i].make(cluster, &text, &why) < 0)
			fprintf(out, "%s: %s\n", pieces[i].file, why.message);
		else
			result = bundle_add(bundle, pieces[i].file, text, strlen(text), err);
	}
	struct kinc_error why = {0};
	if (result == 0 && !boot_interrupted() && add_pods(cluster, bundle, &why) < 0)
		fprintf(out, "pods: %s\n", why.message);
	if (fclose(out) != 0 && result == 0)
		result = kinc_error_errno(err, errno, "exporting");
	if (result == 0 && boot_interrupted())
		result = kinc_error_set(err, ECANCELED, "interrupted");
	if (result == 0 && size > 0)
		result = bundle_add(bundle, "missing.txt", missing, size, err);
	return result;
}

int command_export_logs(struct launch *launch, struct kinc_error *err)
{
	cleanup_bundle struct bundle bundle = {0};
	char name[100], path[140], stamp[24];
	struct cluster cluster;
	time_t now = time(NULL);
	struct tm utc;

	if (launch->operand_count > 1) {
		kinc_error_set(err, EINVAL, "export-logs takes one file to write to");
		return KINC_EXIT_MISUSE;
	}
	int result = cluster_find(launch->cluster, &cluster, err);
	if (result < 0)
		return cluster_exit_status(result);
	boot_catch_signals();
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", gmtime_r(&now, &utc));
	snprintf(name, sizeof(name), "kinc-%s-%s", cluster.name, stamp);
	snprintf(path, sizeof(path), "%s.tar.gz", name);
	const char *file = launch->operand_count ? launch->operands[0] : path;
	result = bundle_make(&bundle, name, err);
	if (result == 0)
		result = gather(&cluster, &bundle, err);
	if (result == 0)
		result = bundle_redact(&bundle, err);
	if (result == 0)
		result = bundle_pack(&bundle, file, err);
	if (result < 0)
		return result == -ECANCELED ? KINC_EXIT_NOT_SO : KINC_EXIT_SYSTEM;
	cleanup_free char *full = realpath(file, NULL);
	puts(full ? full : file);
	return KINC_EXIT_OK;
}
