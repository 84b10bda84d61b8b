/* SPDX-License-Identifier: MIT */
/* kincctl health: for health checks, which want one line and an exit status. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "kincctl.h"

/* Half of what Podman's default allows a check, so that it is kincctl that answers. */
#define HEALTH_MS 15000

static bool is_unwell(const cJSON *unit)
{
	const char *state = kinc_json_string(unit, "state", "");

	return strcmp(state, "ready") != 0 && strcmp(state, "done") != 0 &&
	       strcmp(state, "skipped") != 0 && strcmp(state, "stopped") != 0;
}

static cJSON *judge(const cJSON *status)
{
	const char *state = kinc_json_string(status, "state", "?");
	const cJSON *units = kinc_json_get(status, "units");
	cJSON *health = cJSON_CreateObject();

	cJSON_AddBoolToObject(health, "healthy", strcmp(state, "ready") == 0);
	cJSON_AddStringToObject(health, "state", state);
	cJSON *unwell = cJSON_AddArrayToObject(health, "units");
	for (const cJSON *unit = units ? units->child : NULL; unit; unit = unit->next) {
		if (!is_unwell(unit))
			continue;
		cJSON *item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "name", kinc_json_string(unit, "name", "?"));
		cJSON_AddStringToObject(item, "state", kinc_json_string(unit, "state", "?"));
		cJSON_AddStringToObject(item, "message", kinc_json_string(unit, "message", ""));
		cJSON_AddItemToArray(unwell, item);
	}
	return health;
}

int command_health(struct kinc_control *control, const struct arguments *arguments,
		   struct kinc_error *err)
{
	cleanup_json cJSON *request = kinc_control_request("status", NULL);
	cleanup_json cJSON *status = NULL;

	if (!request)
		return kinc_error_errno(err, ENOMEM, "asking kinc-init");
	int result = kinc_control_ask(control, request, HEALTH_MS, &status, err);
	if (result < 0)
		return result;
	cleanup_json cJSON *health = judge(status);
	cleanup_free char *text = arguments->json ? cJSON_PrintUnformatted(health) : NULL;
	if (text) {
		puts(text);
	} else {
		const cJSON *units = kinc_json_get(health, "units");
		show_text(kinc_json_string(health, "state", "?"));
		for (const cJSON *unit = units ? units->child : NULL; unit; unit = unit->next) {
			fputs(unit->prev->next ? ", " : "; ", stdout);
			show_text(kinc_json_string(unit, "name", "?"));
			printf(" %s", kinc_json_string(unit, "state", "?"));
		}
		putchar('\n');
	}
	return kinc_json_bool(health, "healthy", false) ? KINC_EXIT_OK : KINC_EXIT_NOT_SO;
}
