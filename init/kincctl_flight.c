/* SPDX-License-Identifier: MIT */
/*
 * kincctl flight: reads the record's file, so that it works without PID 1.
 * #syscalls open
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "flight_record.h"
#include "io.h"
#include "json.h"
#include "kincctl.h"

static void format_time(uint64_t time_ms, char text[40])
{
	time_t seconds = (time_t)(time_ms / 1000U);
	struct tm parts;

	snprintf(text, 40, "?");
	if (gmtime_r(&seconds, &parts))
		strftime(text, 40, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

static const char *how_it_ended(const struct kinc_flight *flight, bool last)
{
	if (flight->crash.begin)
		return "crashed";
	if (flight->exit_status != KINC_FLIGHT_RUNNING)
		return "ended";
	return last ? "killed" : "running";
}

static cJSON *crash_object(const struct kinc_flight_crash *crash)
{
	cJSON *object = cJSON_CreateObject();
	const char *name = sigabbrev_np(crash->signal);
	char text[40];

	cJSON_AddStringToObject(object, "signal", name ? name : "?");
	cJSON_AddNumberToObject(object, "code", crash->code);
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)crash->address);
	cJSON_AddStringToObject(object, "address", text);
	format_time(crash->time_ms, text);
	cJSON_AddStringToObject(object, "time", text);
	cJSON_AddBoolToObject(object, "torn", crash->begin != crash->end);
	cJSON *frames = cJSON_AddArrayToObject(object, "frames");
	for (uint32_t i = 0; i <= crash->frame_count; i++) {
		uint64_t at = i == 0 ? crash->at : crash->frames[i - 1];
		snprintf(text, sizeof(text), "0x%llx", (unsigned long long)at);
		if (at != 0)
			cJSON_AddItemToArray(frames, cJSON_CreateString(text));
	}
	return object;
}

static cJSON *flight_object(const struct kinc_flight *flight, bool last)
{
	const struct kinc_flight_event *event;
	cJSON *object = cJSON_CreateObject();
	char text[40];

	format_time(flight->started_ms, text);
	cJSON_AddStringToObject(object, "started", text);
	cJSON_AddStringToObject(object, "how", how_it_ended(flight, last));
	cJSON_AddStringToObject(object, "state", flight->state);
	if (flight->exit_status == KINC_FLIGHT_RUNNING)
		cJSON_AddNullToObject(object, "exit");
	else
		cJSON_AddNumberToObject(object, "exit", flight->exit_status);
	cJSON_AddNumberToObject(object, "pid", flight->pid);
	cJSON_AddStringToObject(object, "version", flight->program);
	cJSON_AddStringToObject(object, "build_id", flight->build_id);
	cJSON_AddStringToObject(object, "boot_id", flight->boot_id);
	if (flight->crash.begin)
		cJSON_AddItemToObject(object, "crash", crash_object(&flight->crash));
	else
		cJSON_AddNullToObject(object, "crash");
	cJSON_AddNumberToObject(object, "unit_total", flight->unit_total);
	cJSON *units = cJSON_AddArrayToObject(object, "units");
	for (size_t i = 0; i < KINC_FLIGHT_UNITS; i++) {
		const struct kinc_flight_unit *unit = &flight->units[i];
		if (unit->begin == 0)
			continue;
		cJSON *item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "name", unit->name);
		cJSON_AddStringToObject(item, "state", unit->state);
		cJSON_AddNumberToObject(item, "pid", unit->pid);
		cJSON_AddNumberToObject(item, "restarts", unit->restarts);
		cJSON_AddNumberToObject(item, "changed_ms", (double)unit->changed_ms);
		cJSON_AddBoolToObject(item, "torn", unit->begin != unit->end);
		cJSON_AddItemToArray(units, item);
	}
	cJSON *events = cJSON_AddArrayToObject(object, "events");
	for (uint32_t at = 0; (event = kinc_flight_next(flight, &at));) {
		cJSON *item = cJSON_CreateObject();
		cJSON_AddNumberToObject(item, "time_ms", (double)event->time_ms);
		cJSON_AddStringToObject(item, "who", event->who);
		cJSON_AddStringToObject(item, "text", event->text);
		cJSON_AddBoolToObject(item, "torn", event->begin != at || event->end != at);
		cJSON_AddItemToArray(events, item);
	}
	return object;
}

static void show_array(const cJSON *object, const char *name, void (*show)(const cJSON *item))
{
	const cJSON *array = kinc_json_get(object, name);

	for (const cJSON *item = array ? array->child : NULL; item; item = item->next) {
		show(item);
		puts(kinc_json_bool(item, "torn", false) ? "  (torn)" : "");
	}
}

static void show_unit(const cJSON *unit)
{
	printf("%9.3f  %-9s pid %-6d restarts %-3d ",
	       kinc_json_number(unit, "changed_ms", 0) / 1e3, kinc_json_string(unit, "state", "?"),
	       kinc_json_int(unit, "pid", 0), kinc_json_int(unit, "restarts", 0));
	show_text(kinc_json_string(unit, "name", "?"));
}

static void show_flight_event(const cJSON *event)
{
	printf("[%9.3f] ", kinc_json_number(event, "time_ms", 0) / 1e3);
	show_text(kinc_json_string(event, "who", ""));
	fputs(": ", stdout);
	show_text(kinc_json_string(event, "text", ""));
}

static void show_frame(const cJSON *frame)
{
	printf("  kinc-init + %s", cJSON_IsString(frame) ? frame->valuestring : "?");
}

static void show(const cJSON *object)
{
	const cJSON *crash = kinc_json_get(object, "crash");

	printf("kinc-init ");
	show_text(kinc_json_string(object, "version", "?"));
	printf(", started %s, pid %d, state ", kinc_json_string(object, "started", "?"),
	       kinc_json_int(object, "pid", 0));
	show_text(kinc_json_string(object, "state", "?"));
	printf(": %s", kinc_json_string(object, "how", "?"));
	if (cJSON_IsNumber(kinc_json_get(object, "exit")))
		printf(" with %d", kinc_json_int(object, "exit", 0));
	putchar('\n');
	if (cJSON_IsObject(crash)) {
		printf("crashed by SIG%s at address %s, %s; build id ",
		       kinc_json_string(crash, "signal", "?"),
		       kinc_json_string(crash, "address", "?"),
		       kinc_json_string(crash, "time", "?"));
		show_text(kinc_json_string(object, "build_id", "?"));
		putchar('\n');
		show_array(crash, "frames", show_frame);
	}
	show_array(object, "units", show_unit);
	show_array(object, "events", show_flight_event);
}

static int read_record(const char *path, char **ret_data, struct kinc_error *err)
{
	size_t size = 0;
	int result = kinc_read_file(AT_FDCWD, path, 2 * sizeof(struct kinc_flight), ret_data, &size,
				    err);

	if (result == 0 && kinc_flight_check((void *)*ret_data, size, err) < 0)
		result = kinc_error_prefix(err, "%s", path);
	return result;
}

int command_flight(struct kinc_control *control, const struct arguments *arguments,
		   struct kinc_error *err)
{
	cleanup_free char *data = NULL;
	const char *path = arguments->file;

	(void)control;
	if (!path)
		path = arguments->last ? KINC_FLIGHT_LAST : KINC_FLIGHT_RUN;
	int result = read_record(path, &data, err);
	if (result == -ENOENT && !arguments->file && !arguments->last)
		result = read_record(KINC_FLIGHT_FILE, &data, err);
	if (result < 0) {
		fprintf(stderr, "kincctl: %s\n", err->message);
		return result == -ENOENT || result == -EINVAL ? KINC_EXIT_NOT_SO : KINC_EXIT_SYSTEM;
	}
	cleanup_json cJSON *object = flight_object((const void *)data, arguments->last);
	cleanup_free char *text = arguments->json ? cJSON_PrintUnformatted(object) : NULL;
	if (text)
		puts(text);
	else
		show(object);
	return KINC_EXIT_OK;
}
