/* SPDX-License-Identifier: MIT */
#include "boot_explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "cluster.h"
#include "control.h"
#include "json.h"
#include "launch.h"
#include "mend.h"
#include "podman.h"

enum { ASK_TIMEOUT_MS = 5000, LOG_LINES = 12 };

/* The lines, each cleaned of control characters, as a JSON array. */
static void take_lines(cJSON *lines, const char *text)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		cleanup_free char *copy = strndup(line, strcspn(line, "\n"));
		if (!copy)
			return;
		launch_clean(copy);
		cJSON_AddItemToArray(lines, cJSON_CreateString(copy));
	}
}

static void take_container_log(cJSON *lines, const char *name)
{
	char container[CLUSTER_TEXT_MAX];
	cleanup_run_result struct kinc_run_result done = {0};

	cluster_container(name, container);
	cleanup_podman struct podman podman = podman_new();
	podman_add(&podman, "logs");
	podman_addf(&podman, "--tail=%d", LOG_LINES);
	podman_add(&podman, container);
	if (podman_spawn(&podman, ASK_TIMEOUT_MS, &done, NULL) == 0) {
		take_lines(lines, done.output);
		take_lines(lines, done.errors);
	}
}

static void take_unit_log(cJSON *lines, const char *socket, const char *unit)
{
	cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
	cleanup_json cJSON *request = kinc_control_request("log", unit);
	cleanup_json cJSON *answer = NULL;

	cJSON_AddNumberToObject(request, "lines", LOG_LINES);
	if (kinc_control_connect(&control, socket, NULL) < 0 ||
	    kinc_control_ask(&control, request, ASK_TIMEOUT_MS, &answer, NULL) < 0)
		return;
	for (;;) {
		cleanup_json cJSON *line = NULL;
		if (kinc_control_next(&control, ASK_TIMEOUT_MS, &line, NULL) < 0)
			return;
		take_lines(lines, kinc_json_string(line, "text", ""));
	}
}

int boot_container_runs(const char *name, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];
	cleanup_json cJSON *json = NULL;

	cluster_container(name, container);
	int result = podman_call_json(&json, err, "inspect", "--type", "container", container,
				      PODMAN_END);
	if (result < 0)
		return result;
	const cJSON *state = kinc_json_get(cJSON_GetArrayItem(json, 0), "State");
	const char *status = kinc_json_string(state, "Status", "unknown");
	if (strcmp(status, "running") == 0)
		return 0;
	return kinc_error_set(err, ECONNRESET, "the node of cluster %s stopped (%s, status %d)",
			      name, status, kinc_json_int(state, "ExitCode", -1));
}

static void print_lines(const cJSON *lines)
{
	const cJSON *line;

	cJSON_ArrayForEach(line, lines)
	{
		fprintf(stderr, "    | %s\n", line->valuestring ? line->valuestring : "");
	}
}

static void print_event(const char *unit, cJSON **lines, const char *mend)
{
	cleanup_json cJSON *event = cJSON_CreateObject();

	cJSON_AddStringToObject(event, "event", "failure");
	cJSON_AddItemToObject(event, "unit", unit ? cJSON_CreateString(unit) : cJSON_CreateNull());
	cJSON_AddItemToObject(event, "lines", steal_ptr(lines));
	cJSON_AddItemToObject(event, "mend", mend ? cJSON_CreateString(mend) : cJSON_CreateNull());
	cleanup_free char *text = cJSON_PrintUnformatted(event);
	if (text)
		puts(text);
	fflush(stdout);
}

static const char *find_mend(const cJSON *lines, const struct kinc_error *err)
{
	const char *mend = mend_of(err->message);
	const cJSON *line;

	cJSON_ArrayForEach(line, lines)
	{
		if (!mend && line->valuestring)
			mend = mend_of(line->valuestring);
	}
	return mend;
}

static void blame(const struct progress_unit *failed, const struct progress_unit *late,
		  const char *name, long timeout_s, int result, struct kinc_error *err)
{
	if (result == -ETIMEDOUT && late)
		kinc_error_set(err, ETIMEDOUT,
			       "cluster %s is not ready after %ld s: %s waits for %s", name,
			       timeout_s, late->name, late->detail[0] ? late->detail : "its end");
	else if (result == -ECONNRESET && failed)
		kinc_error_set(err, ECONNRESET, "cluster %s failed: unit %s: %s", name,
			       failed->name, failed->detail);
	else if (result == -ECONNRESET)
		(void)boot_container_runs(name, err);
}

void boot_explain(const struct progress *progress, const char *name, const char *socket,
		  const struct boot_options *options, int result, struct kinc_error *err)
{
	const struct progress_unit *failed = progress_find(progress, "failed");
	const struct progress_unit *late = progress_find(progress, "starting");
	const struct progress_unit *unit = failed ? failed : result == -ETIMEDOUT ? late : NULL;
	cleanup_json cJSON *lines = cJSON_CreateArray();
	char sentence[KINC_ERROR_MAX];

	if (result == -ECANCELED || !err)
		return;
	if (unit)
		take_unit_log(lines, socket, unit->name);
	if (cJSON_GetArraySize(lines) == 0)
		take_container_log(lines, name);
	blame(failed, late, name, options->timeout_s, result, err);
	const char *mend = find_mend(lines, err);
	if (mend) {
		snprintf(sentence, sizeof(sentence), "%s", err->message);
		kinc_error_set(err, -result, "%.600s; %s", sentence, mend);
	}
	if (options->json)
		print_event(unit ? unit->name : NULL, &lines, mend);
	else
		print_lines(lines);
}
