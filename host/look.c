/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "cluster.h"
#include "control.h"
#include "exposure.h"
#include "json.h"
#include "launch.h"
#include "look.h"
#include "podman.h"

enum { ASK_TIMEOUT_MS = 5000, GLANCE_TIMEOUT_MS = 1000 };

static int ask_status(const char *name, int timeout_ms, cJSON **ret, struct kinc_error *err)
{
	cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
	cleanup_json cJSON *request = kinc_control_request("status", NULL);
	char socket[CLUSTER_PATH_MAX];
	int result = cluster_socket(name, socket, err);

	if (result == 0)
		result = kinc_control_connect(&control, socket, err);
	if (result == 0)
		result = kinc_control_ask(&control, request, timeout_ms, ret, err);
	return result;
}

int look_status(const char *name, cJSON **ret, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];

	int result = ask_status(name, ASK_TIMEOUT_MS, ret, err);
	if (result == 0 || result == -EPROTONOSUPPORT)
		return result;
	/* The socket is gone when the runtime directory was lost. */
	cluster_container(name, container);
	if (podman_call_json(ret, NULL, "exec", container, "kincctl", "status", "--json",
			     PODMAN_END) < 0)
		return -EREMOTEIO;
	if (err)
		*err = (struct kinc_error){0};
	return 0;
}

static cJSON *describe(const struct cluster *cluster)
{
	char pods[NETWORK_TEXT_MAX], services[NETWORK_TEXT_MAX], path[CLUSTER_PATH_MAX] = "";
	cleanup_json cJSON *status = NULL;
	const char *state = cluster->state;
	cJSON *json = cJSON_CreateObject();

	if (strcmp(state, "running") == 0 &&
	    ask_status(cluster->name, GLANCE_TIMEOUT_MS, &status, NULL) == 0)
		state = kinc_json_string(status, "state", state);
	network_format(&cluster->networks, config_families(cluster->options), pods, services);
	(void)cluster_kubeconfig(cluster->name, path, NULL);
	cJSON_AddStringToObject(json, "name", cluster->name);
	cJSON_AddStringToObject(json, "state", state);
	cJSON_AddNumberToObject(json, "port", cluster->port);
	cJSON_AddStringToObject(json, "pod_subnet", pods);
	cJSON_AddStringToObject(json, "service_subnet", services);
	cJSON_AddStringToObject(json, "image", cluster->image);
	cJSON_AddStringToObject(json, "kubeconfig", path);
	return json;
}

int look_print_json(const cJSON *json, struct kinc_error *err)
{
	cleanup_free char *text = json ? cJSON_Print(json) : NULL;

	if (!text || puts(text) < 0) {
		kinc_error_errno(err, errno, "cannot print");
		return KINC_EXIT_SYSTEM;
	}
	return KINC_EXIT_OK;
}

int command_list(struct launch *launch, struct kinc_error *err)
{
	cleanup_clusters struct cluster_list list = {0};
	cleanup_json cJSON *json = cJSON_CreateArray();
	const cJSON *row;

	if (cluster_list_load(&list, err) < 0)
		return KINC_EXIT_SYSTEM;
	for (size_t i = 0; i < list.count; i++) {
		const char *name = list.clusters[i].name;
		if (launch->quiet && !launch->json)
			puts(name);
		else
			cJSON_AddItemToArray(json, launch->quiet ? cJSON_CreateString(name)
								 : describe(&list.clusters[i]));
	}
	if (launch->quiet && !launch->json)
		return KINC_EXIT_OK;
	if (launch->json)
		return look_print_json(json, err);
	printf("%-20s %-9s %5s  %-18s %-16s %s\n", "NAME", "STATE", "PORT", "PODS", "SERVICES",
	       "KUBECONFIG");
	cJSON_ArrayForEach(row, json)
	{
		printf("%-20s %-9s %5d  %-18s %-16s %s\n", kinc_json_string(row, "name", ""),
		       kinc_json_string(row, "state", ""), kinc_json_int(row, "port", 0),
		       kinc_json_string(row, "pod_subnet", ""),
		       kinc_json_string(row, "service_subnet", ""),
		       kinc_json_string(row, "kubeconfig", ""));
	}
	return KINC_EXIT_OK;
}

static void print_text(const char *format, const char *text)
{
	char clean[160];

	snprintf(clean, sizeof(clean), "%s", text);
	launch_clean(clean);
	if (strcmp(format, "pad") == 0)
		printf("%-24s ", clean);
	else
		printf("%s", clean);
}

static void print_units(const cJSON *status)
{
	const cJSON *unit, *wait;

	printf("%-24s %-9s %8s  %s\n", "UNIT", "STATE", "READY", "WAITS FOR");
	cJSON_ArrayForEach(unit, kinc_json_get(status, "units"))
	{
		double ready = kinc_json_number(unit, "ready_ms", -1);
		print_text("pad", kinc_json_string(unit, "name", ""));
		printf("%-9.9s ", kinc_json_string(unit, "state", ""));
		if (ready < 0)
			printf("%8s  ", "-");
		else
			printf("%7.1fs  ", ready / 1000);
		cJSON_ArrayForEach(wait, kinc_json_get(unit, "waiting_for"))
		{
			print_text("", cJSON_IsString(wait) ? wait->valuestring : "");
			putchar(' ');
		}
		print_text("", kinc_json_string(unit, "message", ""));
		putchar('\n');
	}
}

static void print_warnings(const cJSON *status)
{
	const cJSON *warning;

	cJSON_ArrayForEach(warning, kinc_json_get(status, "warnings"))
	{
		cleanup_free char *text =
			strdup(cJSON_IsString(warning) ? warning->valuestring : "");
		if (!text)
			return;
		launch_clean(text);
		printf("warning: %s\n", text);
	}
}

static void print_exposed(const char *name)
{
	cleanup_json cJSON *list = exposure_list(name);
	const cJSON *one;

	cJSON_ArrayForEach(one, list)
	{
		printf("exposed: %s port %d -> %s (%s port %d), process %d\n",
		       kinc_json_string(one, "address", ""), kinc_json_int(one, "port", 0),
		       kinc_json_string(one, "target", ""),
		       kinc_json_string(one, "target_address", ""),
		       kinc_json_int(one, "target_port", 0), kinc_json_int(one, "pid", 0));
	}
}

int command_status(struct launch *launch, struct kinc_error *err)
{
	cleanup_json cJSON *status = NULL;
	struct cluster cluster;
	int result = cluster_find_running(launch->cluster, &cluster, err);

	if (result < 0)
		return cluster_exit_status(result);
	if (look_status(launch->cluster, &status, err) < 0)
		return KINC_EXIT_SYSTEM;
	const char *state = kinc_json_string(status, "state", "unknown");
	const int so = strcmp(state, "ready") == 0 ? KINC_EXIT_OK : KINC_EXIT_NOT_SO;
	if (launch->json) {
		cJSON_AddItemToObject(status, "exposed", exposure_list(launch->cluster));
		result = look_print_json(status, err);
		return result == KINC_EXIT_OK ? so : result;
	}
	printf("cluster %s is ", launch->cluster);
	print_text("", state);
	printf(", %.0f s after its start\n", kinc_json_number(status, "elapsed_ms", 0) / 1000);
	print_units(status);
	print_warnings(status);
	print_exposed(launch->cluster);
	return so;
}

static int print_unit_log(const struct launch *launch, struct kinc_error *err)
{
	cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
	cleanup_json cJSON *request = kinc_control_request("log", launch->operands[0]);
	cleanup_json cJSON *answer = NULL;
	char socket[CLUSTER_PATH_MAX];
	int result = cluster_socket(launch->cluster, socket, err);

	cJSON_AddBoolToObject(request, "follow", launch->follow);
	cJSON_AddNumberToObject(request, "lines", 1000);
	if (result == 0)
		result = kinc_control_connect(&control, socket, err);
	if (result == 0)
		result = kinc_control_ask(&control, request, ASK_TIMEOUT_MS, &answer, err);
	while (result == 0) {
		cleanup_json cJSON *line = NULL;
		result = kinc_control_next(&control, launch->follow ? -1 : ASK_TIMEOUT_MS, &line,
					   NULL);
		if (result == 0 &&
		    (puts(kinc_json_string(line, "text", "")) < 0 || fflush(stdout) != 0))
			return KINC_EXIT_SYSTEM;
	}
	return result == -ECONNRESET ? KINC_EXIT_OK : KINC_EXIT_NOT_SO;
}

int command_logs(struct launch *launch, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];
	struct cluster cluster;

	if (launch->operand_count > 1) {
		kinc_error_set(err, EINVAL, "logs takes one unit");
		return KINC_EXIT_MISUSE;
	}
	int result = launch->operand_count ? cluster_find_running(launch->cluster, &cluster, err)
					   : cluster_find(launch->cluster, &cluster, err);

	if (result < 0)
		return cluster_exit_status(result);
	if (launch->operand_count > 0)
		return print_unit_log(launch, err);
	cluster_container(launch->cluster, container);
	cleanup_podman struct podman podman = podman_new();
	podman_add(&podman, "logs");
	if (launch->follow)
		podman_add(&podman, "--follow");
	podman_add(&podman, container);
	podman_exec(&podman, err);
	return KINC_EXIT_SYSTEM;
}
