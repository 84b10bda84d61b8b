/* SPDX-License-Identifier: MIT */
#include "checklist.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "cleanup.h"
#include "json.h"
#include "launch.h"

static const char *const words[] = {"ok", "warning", "failed", "unknown", "absent"};
static const char marks[] = "+~!?-";

void checklist_grade(struct checklist_item *item, enum checklist_grade grade, const char *format,
		     ...)
{
	va_list args;

	item->grade = grade;
	va_start(args, format);
	vsnprintf(item->evidence, sizeof(item->evidence), format, args);
	va_end(args);
	launch_clean(item->evidence);
}

bool checklist_is_well(const struct checklist_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].grade == CHECKLIST_FAILED || items[i].grade == CHECKLIST_UNKNOWN)
			return false;
	return true;
}

const struct checklist_item *checklist_failed(const struct checklist_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].grade == CHECKLIST_FAILED)
			return &items[i];
	return NULL;
}

void checklist_print(const struct checklist_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%c %2zu %-13s %s\n", marks[items[i].grade], i + 1, items[i].name,
		       items[i].evidence);
}

int checklist_print_json(const char *cluster, const char *list, const struct checklist_item *items,
			 size_t count, struct kinc_error *err)
{
	cleanup_json cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "cluster", cluster);
	cJSON_AddBoolToObject(json, "ok", checklist_is_well(items, count));
	cJSON *array = cJSON_AddArrayToObject(json, list);
	for (size_t i = 0; i < count; i++) {
		cJSON *item = cJSON_CreateObject();
		cJSON_AddNumberToObject(item, "number", (double)(i + 1));
		cJSON_AddStringToObject(item, "name", items[i].name);
		cJSON_AddStringToObject(item, "grade", words[items[i].grade]);
		cJSON_AddStringToObject(item, "evidence", items[i].evidence);
		cJSON_AddStringToObject(item, "needed", items[i].needed);
		cJSON_AddItemToArray(array, item);
	}
	cleanup_free char *text = cJSON_Print(json);
	if (text && puts(text) >= 0)
		return 0;
	return kinc_error_errno(err, text ? errno : ENOMEM, "cannot print");
}
