/* SPDX-License-Identifier: MIT */
#include "monitor.h"

#include <stdio.h>
#include <time.h>

#include "launch.h"

static void print_first(const char *cluster, const struct checklist_item items[MONITOR_STEPS])
{
	const struct checklist_item *failed = checklist_failed(items, MONITOR_STEPS);

	if (failed)
		printf("\nstep %s failed, needed: %s\n  `kinc-launch --cluster %s %s` tells more\n",
		       failed->name, failed->needed, cluster, monitor_steps[failed - items].look);
}

/* Asks and judges, again until all is well or the time is over. */
static int watch(const struct launch *launch, struct checklist_item items[MONITOR_STEPS],
		 struct kinc_error *err)
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
		for (int i = 0; i < MONITOR_STEPS; i++) {
			items[i].name = monitor_steps[i].name;
			items[i].needed = monitor_steps[i].needed;
			monitor_steps[i].judge(&view, &items[i]);
		}
		monitor_view_release(&view);
		if (checklist_is_well(items, MONITOR_STEPS) || time(NULL) >= end)
			return 0;
		nanosleep(&pause, NULL);
	}
}

int command_monitor(struct launch *launch, struct kinc_error *err)
{
	struct checklist_item items[MONITOR_STEPS] = {0};
	int result = watch(launch, items, err);

	if (result < 0)
		return cluster_exit_status(result);
	if (launch->json) {
		if (checklist_print_json(launch->cluster, "steps", items, MONITOR_STEPS, err) < 0)
			return KINC_EXIT_SYSTEM;
	} else {
		checklist_print(items, MONITOR_STEPS);
		print_first(launch->cluster, items);
	}
	return checklist_is_well(items, MONITOR_STEPS) ? KINC_EXIT_OK : KINC_EXIT_NOT_SO;
}
