/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "kincctl.h"

void show_text(const char *text)
{
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' && *text != '\t' ? '?' : *text);
}

static void show_seconds(const cJSON *object, const char *name)
{
	const cJSON *value = kinc_json_get(object, name);

	if (cJSON_IsNumber(value))
		printf("%9.3f", value->valuedouble / 1e3);
	else
		printf("%9s", "-");
}

/* What it waits for, or what it says. */
static void show_remark(const cJSON *unit)
{
	const cJSON *waiting = kinc_json_get(unit, "waiting_for");
	const char *message = kinc_json_string(unit, "message", "");
	const cJSON *item;
	bool first = true;

	for (item = waiting ? waiting->child : NULL; item; item = item->next) {
		fputs(first ? "waits for " : ", ", stdout);
		show_text(cJSON_IsString(item) ? item->valuestring : "?");
		first = false;
	}
	if (*message) {
		fputs(first ? "" : "; ", stdout);
		show_text(message);
	}
}

static void show_unit(const cJSON *unit)
{
	int pid = kinc_json_int(unit, "pid", 0);
	char number[16] = "-";

	if (pid > 0)
		snprintf(number, sizeof(number), "%d", pid);
	printf("%-22s %-8s %-8s %6s %3d ", kinc_json_string(unit, "name", "?"),
	       kinc_json_string(unit, "type", "?"), kinc_json_string(unit, "state", "?"), number,
	       kinc_json_int(unit, "restarts", 0));
	show_seconds(unit, "started_ms");
	putchar(' ');
	show_seconds(unit, "ready_ms");
	fputs("  ", stdout);
	show_remark(unit);
	putchar('\n');
}

void show_status(const cJSON *status)
{
	const cJSON *units = kinc_json_get(status, "units");
	const cJSON *warnings = kinc_json_get(status, "warnings");

	printf("%s: %s, %.1f s since start", kinc_json_string(status, "cluster", "node"),
	       kinc_json_string(status, "state", "?"),
	       kinc_json_number(status, "elapsed_ms", 0) / 1e3);
	if (cJSON_IsNumber(kinc_json_get(status, "ready_ms")))
		printf(", ready after %.1f s", kinc_json_number(status, "ready_ms", 0) / 1e3);
	printf("\n%-22s %-8s %-8s %6s %3s %9s %9s\n", "UNIT", "TYPE", "STATE", "PID", "RST",
	       "STARTED", "READY");
	for (const cJSON *item = units ? units->child : NULL; item; item = item->next)
		show_unit(item);
	for (const cJSON *item = warnings ? warnings->child : NULL; item; item = item->next) {
		fputs("warning: ", stdout);
		show_text(cJSON_IsString(item) ? item->valuestring : "?");
		putchar('\n');
	}
}

static void show_member(const cJSON *member, const char *prefix)
{
	char name[128];

	snprintf(name, sizeof(name), "%s%s", prefix, member->string ? member->string : "");
	if (cJSON_IsObject(member)) {
		char inner[132];
		snprintf(inner, sizeof(inner), "%s.", name);
		for (const cJSON *item = member->child; item; item = item->next)
			show_member(item, *prefix ? prefix : inner);
		return;
	}
	printf("%-28s ", name);
	if (cJSON_IsString(member)) {
		show_text(member->valuestring);
	} else if (cJSON_IsNumber(member)) {
		printf("%.15g", member->valuedouble);
	} else if (cJSON_IsArray(member)) {
		for (const cJSON *item = member->child; item; item = item->next) {
			fputs(item == member->child ? "" : ", ", stdout);
			show_text(cJSON_IsString(item) ? item->valuestring
						       : kinc_json_string(item, "probe", "?"));
			const cJSON *since = kinc_json_get(item, "since_ms");
			if (cJSON_IsNumber(since))
				printf(" (since %.3f s)", since->valuedouble / 1e3);
		}
	} else {
		putchar('-');
	}
	putchar('\n');
}

void show_details(const cJSON *unit)
{
	for (const cJSON *member = unit->child; member; member = member->next)
		show_member(member, "");
}

void show_unit_line(const cJSON *event)
{
	printf("%s %-20s ", kinc_json_string(event, "time", ""),
	       kinc_json_string(event, "unit", ""));
	show_text(kinc_json_string(event, "text", ""));
	putchar('\n');
}

void show_line(const cJSON *event)
{
	printf("%s ", kinc_json_string(event, "time", ""));
	show_text(kinc_json_string(event, "text", ""));
	putchar('\n');
}

void show_event(const cJSON *event)
{
	const char *kind = kinc_json_string(event, "event", "");

	if (strcmp(kind, "unit") == 0) {
		show_unit(kinc_json_get(event, "unit"));
	} else if (strcmp(kind, "state") == 0) {
		printf("node: %s after %.3f s\n", kinc_json_string(event, "state", "?"),
		       kinc_json_number(event, "elapsed_ms", 0) / 1e3);
	} else if (strcmp(kind, "warning") == 0) {
		fputs("warning: ", stdout);
		show_text(kinc_json_string(event, "text", ""));
		putchar('\n');
	}
}
