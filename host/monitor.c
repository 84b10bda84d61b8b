/* SPDX-License-Identifier: MIT */
#include "monitor.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "cleanup.h"
#include "json.h"
#include "launch.h"

static const char *const grade_words[] = {"ok", "warning", "failed", "unknown", "absent"};
static const char grade_marks[] = "+~!?-";

/* Judges all steps; whether none failed. */
static bool judge(const struct monitor_view *view, struct monitor_result results[MONITOR_STEPS])
{
	bool well = true;

	for (int i = 0; i < MONITOR_STEPS; i++) {
		monitor_steps[i].judge(view, &results[i]);
		launch_clean(results[i].evidence);
		well = well && results[i].grade != MONITOR_FAILED &&
		       results[i].grade != MONITOR_UNKNOWN;
	}
	return well;
}

static void print_table(const char *cluster, const struct monitor_result results[MONITOR_STEPS])
{
	const struct monitor_step *failed = NULL;

	for (int i = 0; i < MONITOR_STEPS; i++) {
		printf("%c %2d %-13s %s\n", grade_marks[results[i].grade], i + 1,
		       monitor_steps[i].name, results[i].evidence);
		if (results[i].grade == MONITOR_FAILED && !failed)
			failed = &monitor_steps[i];
	}
	if (failed)
		printf("\nstep %s failed, needed: %s\n  `kinc-launch --cluster %s %s` tells more\n",
		       failed->name, failed->needed, cluster, failed->look);
}

static int print_json(const char *cluster, bool well,
		      const struct monitor_result results[MONITOR_STEPS], struct kinc_error *err)
{
	cleanup_json cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "cluster", cluster);
	cJSON_AddBoolToObject(json, "ok", well);
	cJSON *steps = cJSON_AddArrayToObject(json, "steps");
	for (int i = 0; i < MONITOR_STEPS; i++) {
		cJSON *step = cJSON_CreateObject();
		cJSON_AddNumberToObject(step, "number", i + 1);
		cJSON_AddStringToObject(step, "step", monitor_steps[i].name);
		cJSON_AddStringToObject(step, "grade", grade_words[results[i].grade]);
		cJSON_AddStringToObject(step, "evidence", results[i].evidence);
		cJSON_AddStringToObject(step, "needed", monitor_steps[i].needed);
		cJSON_AddItemToArray(steps, step);
	}
	cleanup_free char *text = cJSON_Print(json);
	if (text && puts(text) >= 0)
		return 0;
	return kinc_error_errno(err, text ? errno : ENOMEM, "cannot print");
}

/* Asks and judges, again until all is well or the time is over. */
static int watch(const struct launch *launch, struct monitor_result results[MONITOR_STEPS],
		 bool *ret_well, struct kinc_error *err)
{
	time_t end = time(NULL) + (launch->timeout_text ? launch->timeout_s : 0);

	for (;;) {
		const struct timespec pause = {.tv_sec = 1};
		struct monitor_view view = {0};
		struct cluster cluster;
		int result = cluster_find(launch->cluster, &cluster, err);
		if (result < 0)
			return result;
		monitor_view_load(&cluster, &view);
		*ret_well = judge(&view, results);
		monitor_view_release(&view);
		if (*ret_well || time(NULL) >= end)
			return 0;
		nanosleep(&pause, NULL);
	}
}

int command_monitor(struct launch *launch, struct kinc_error *err)
{
	struct monitor_result results[MONITOR_STEPS] = {0};
	bool well = false;
	int result = watch(launch, results, &well, err);

	if (result < 0)
		return cluster_exit_status(result);
	if (!launch->json)
		print_table(launch->cluster, results);
	else if (print_json(launch->cluster, well, results, err) < 0)
		return KINC_EXIT_SYSTEM;
	return well ? KINC_EXIT_OK : KINC_EXIT_NOT_SO;
}
