/* SPDX-License-Identifier: MIT */
/*
 * version: this program, the image that `up` would take, and the kinc-init of
 * every node that runs, each with the control protocol that it speaks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "version.h"

#include "cleanup.h"
#include "cluster.h"
#include "control.h"
#include "image.h"
#include "json.h"
#include "launch.h"
#include "look.h"

enum { ASK_TIMEOUT_MS = 1000 };

/* As kinc-init says it, whatever it speaks. */
static int ask(const char *name, cJSON **ret)
{
	cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
	cleanup_json cJSON *request = kinc_control_request("status", NULL);
	char socket[CLUSTER_PATH_MAX];
	int result = cluster_socket(name, socket, NULL);

	if (result == 0)
		result = kinc_control_connect(&control, socket, NULL);
	if (result == 0)
		result = kinc_control_send(&control, request, ASK_TIMEOUT_MS, NULL);
	if (result == 0)
		result = kinc_control_next(&control, ASK_TIMEOUT_MS, ret, NULL);
	return result;
}

static void add_clusters(cJSON *all, struct kinc_error *differs)
{
	cleanup_clusters struct cluster_list list = {0};
	cJSON *clusters = cJSON_AddArrayToObject(all, "clusters");

	if (cluster_list_load(&list, NULL) < 0)
		return;
	for (size_t i = 0; i < list.count; i++) {
		cleanup_json cJSON *status = NULL;
		if (strcmp(list.clusters[i].state, "running") != 0 ||
		    ask(list.clusters[i].name, &status) < 0)
			continue;
		cJSON *one = cJSON_CreateObject();
		cJSON_AddStringToObject(one, "name", list.clusters[i].name);
		cJSON_AddStringToObject(one, "kinc_init",
					kinc_json_string(status, "version", "unknown"));
		cJSON_AddNumberToObject(one, "protocol", kinc_json_int(status, "protocol", 0));
		cJSON_AddItemToArray(clusters, one);
		if (kinc_control_check_protocol(status, differs) < 0)
			kinc_error_prefix(differs, "cluster %s", list.clusters[i].name);
	}
}

static void add_image(cJSON *all, struct kinc_error *differs)
{
	cleanup_free char *name = NULL;
	cleanup_json cJSON *labels = NULL;
	struct kinc_error why = {0};

	if (image_resolve(NULL, &name, &why) < 0) {
		if (why.code == EPROTONOSUPPORT)
			*differs = why;
		return;
	}
	if (image_labels(name, &labels, NULL) < 0)
		return;
	cJSON *image = cJSON_AddObjectToObject(all, "image");
	cJSON_AddStringToObject(image, "name", name);
	cJSON_AddNumberToObject(image, "protocol",
				atoi(kinc_json_string(labels, "io.kinc.protocol", "0"))); // NOLINT
	cJSON_AddStringToObject(image, "kubernetes",
				kinc_json_string(labels, "io.kinc.kubernetes", "unknown"));
}

static void print(const cJSON *all)
{
	const cJSON *image = kinc_json_get(all, "image"), *one;

	printf("kinc-launch %s (control protocol %d)\n", KINC_VERSION, KINC_PROTOCOL);
	if (image)
		printf("image %s (control protocol %d): Kubernetes %s\n",
		       kinc_json_string(image, "name", ""), kinc_json_int(image, "protocol", 0),
		       kinc_json_string(image, "kubernetes", ""));
	cJSON_ArrayForEach(one, kinc_json_get(all, "clusters"))
	{
		printf("cluster %s: kinc-init %.40s (control protocol %d)\n",
		       kinc_json_string(one, "name", ""), kinc_json_string(one, "kinc_init", ""),
		       kinc_json_int(one, "protocol", 0));
	}
}

int command_version(struct launch *launch, struct kinc_error *err)
{
	cleanup_json cJSON *all = cJSON_CreateObject();
	struct kinc_error differs = {0};
	int status = KINC_EXIT_OK;

	cJSON_AddStringToObject(all, "kinc_launch", KINC_VERSION);
	cJSON_AddNumberToObject(all, "protocol", KINC_PROTOCOL);
	/* Of --version only its own; and root has no clusters, users do. */
	if (!launch->version && geteuid() != 0) {
		add_image(all, &differs);
		add_clusters(all, &differs);
	}
	if (launch->json)
		status = look_print_json(all, err);
	else
		print(all);
	if (status == KINC_EXIT_OK && differs.code) {
		*err = differs;
		status = KINC_EXIT_NOT_SO;
	}
	return status;
}
