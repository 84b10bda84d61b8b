/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "control_server.h"
#include "manager.h"
#include "resources.h"
#include "version.h"

static double since_start(const struct manager *manager, uint64_t when_us)
{
	uint64_t passed_ms = (when_us - manager->started_us) / 1000U;

	return (double)passed_ms;
}

static void add_time(cJSON *object, const char *name, const struct manager *manager,
		     uint64_t when_us)
{
	if (when_us)
		cJSON_AddNumberToObject(object, name, since_start(manager, when_us));
	else
		cJSON_AddNullToObject(object, name);
}

static void add_text(cJSON *array, const char *text)
{
	cJSON *item = cJSON_CreateString(text);

	if (!cJSON_AddItemToArray(array, item))
		cJSON_Delete(item);
}

static void add_waiting(cJSON *array, const struct job *job)
{
	const struct unit *unit = job->unit;
	char text[300];

	if (job->state == JOB_WAITING && job->stamper.pid > 0)
		add_text(array, "the stamp of its last run");
	if (job->state == JOB_BACKOFF)
		add_text(array, "its next try");
	for (size_t i = 0; job->state == JOB_WAITING && i < unit->before.count; i++) {
		const struct unit *other = unit->before.items[i];
		if (!job_is_settled(&job->manager->jobs[other->index]))
			add_text(array, other->name);
	}
	if (job->state != JOB_STARTING)
		return;
	for (size_t i = 0; i < unit->ready.count; i++) {
		if (job->probes[i].holds)
			continue;
		probe_describe(&job->probes[i], text, sizeof(text));
		add_text(array, text);
	}
}

static void add_ready(cJSON *object, const struct job *job)
{
	cJSON *array = cJSON_AddArrayToObject(object, "ready");
	char text[300];

	for (size_t i = 0; i < job->unit->ready.count; i++) {
		const struct probe *probe = &job->probes[i];
		cJSON *item = cJSON_CreateObject();
		probe_describe(probe, text, sizeof(text));
		cJSON_AddStringToObject(item, "probe", text);
		add_time(item, "since_ms", job->manager, probe->holds ? probe->held_us : 0);
		if (!cJSON_AddItemToArray(array, item))
			cJSON_Delete(item);
	}
}

/* What a chart of the boot is drawn from. */
static void add_boot(cJSON *object, const struct job *job)
{
	const struct unit *unit = job->unit;
	cJSON *boot = cJSON_AddObjectToObject(object, "boot");

	add_time(boot, "queued_ms", job->manager, job->boot.queued_us);
	add_time(boot, "started_ms", job->manager, job->boot.started_us);
	add_time(boot, "settled_ms", job->manager, job->boot.settled_us);
	cJSON *before = cJSON_AddArrayToObject(object, "after");
	for (size_t i = 0; i < unit->before.count; i++)
		add_text(before, unit->before.items[i]->name);
}

cJSON *status_unit(const struct job *job)
{
	const struct unit *unit = job->unit;
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "name", unit->name);
	cJSON_AddStringToObject(object, "description", unit->description);
	cJSON_AddStringToObject(object, "type", unit_type_name(unit->type));
	cJSON_AddStringToObject(object, "state", job_state_public(job->state));
	if (job->main.pid > 0)
		cJSON_AddNumberToObject(object, "pid", job->main.pid);
	else
		cJSON_AddNullToObject(object, "pid");
	cJSON_AddNumberToObject(object, "restarts", job->restarts);
	add_time(object, "started_ms", job->manager, job->started_us);
	add_time(object, "ready_ms", job->manager, job_is_satisfied(job) ? job->ready_us : 0);
	add_ready(object, job);
	cJSON *waiting = cJSON_AddArrayToObject(object, "waiting_for");
	add_waiting(waiting, job);
	cJSON_AddStringToObject(object, "message", job->message);
	cJSON_AddBoolToObject(object, "reloading", job->reload_asked || job->reloading);
	if (job->reload_fault[0])
		cJSON_AddStringToObject(object, "reload_fault", job->reload_fault);
	if (job->exit[0])
		cJSON_AddStringToObject(object, "exit", job->exit);
	else
		cJSON_AddNullToObject(object, "exit");
	return object;
}

cJSON *status_object(const struct manager *manager)
{
	cJSON *object = cJSON_CreateObject();
	const char *cluster = variables_get(&manager->variables, "KINC_CLUSTER", 12);

	cJSON_AddNumberToObject(object, "protocol", KINC_PROTOCOL);
	cJSON_AddBoolToObject(object, "ok", true);
	cJSON_AddStringToObject(object, "version", KINC_VERSION);
	if (cluster)
		cJSON_AddStringToObject(object, "cluster", cluster);
	else
		cJSON_AddNullToObject(object, "cluster");
	cJSON_AddStringToObject(object, "state", boot_state_name(manager->state));
	cJSON_AddNumberToObject(object, "elapsed_ms", since_start(manager, loop_now_us()));
	add_time(object, "ready_ms", manager, manager->ready_us);
	cJSON_AddStringToObject(object, "target", manager->target->unit->name);
	cJSON *warnings = cJSON_AddArrayToObject(object, "warnings");
	for (size_t i = 0; i < manager->warning_count; i++)
		add_text(warnings, manager->warnings[i]);
	cJSON *units = cJSON_AddArrayToObject(object, "units");
	for (size_t i = 0; i < manager->units.count; i++) {
		cJSON *unit = status_unit(&manager->jobs[i]);
		cJSON *resources = resources_object(&manager->jobs[i]);
		if (!cJSON_AddItemToObject(unit, "resources", resources))
			cJSON_Delete(resources);
		add_boot(unit, &manager->jobs[i]);
		if (!cJSON_AddItemToArray(units, unit))
			cJSON_Delete(unit);
	}
	return object;
}
