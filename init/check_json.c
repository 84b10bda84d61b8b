/* SPDX-License-Identifier: MIT */
#include "check_json.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"

static void add(cJSON *array, cJSON *item)
{
	if (!cJSON_AddItemToArray(array, item))
		cJSON_Delete(item);
}

/* ":NUMBER" at text: the number, and where it ends; -1: none. */
static int read_number(const char *text, const char **ret_end)
{
	char *end;

	if (text[0] != ':' || text[1] < '0' || text[1] > '9')
		return -1;
	long number = strtol(text + 1, &end, 10);
	*ret_end = end;
	return number <= INT_MAX ? (int)number : -1;
}

/* "FILE:LINE:COLUMN: " before a complaint: where the file's name ends, or NULL. */
static const char *read_place(const char *line, int *ret_line, int *ret_column, const char **ret_text)
{
	for (const char *end = strchr(line, ':'); end; end = strchr(end + 1, ':')) {
		const char *next;
		*ret_line = read_number(end, &next);
		*ret_column = *ret_line < 0 ? -1 : read_number(next, &next);
		if (*ret_column >= 0 && strncmp(next, ": ", 2) == 0) {
			*ret_text = next + 2;
			return end;
		}
	}
	return NULL;
}

static cJSON *fault(const char *line)
{
	cJSON *object = cJSON_CreateObject();
	int row, column;
	const char *text = line;
	const char *end = read_place(line, &row, &column, &text);
	char file[sizeof(((struct kinc_error *)NULL)->message)];

	if (end) {
		snprintf(file, sizeof(file), "%.*s", (int)(end - line), line);
		cJSON_AddStringToObject(object, "file", file);
		cJSON_AddNumberToObject(object, "line", row);
		cJSON_AddNumberToObject(object, "column", column);
	}
	cJSON_AddStringToObject(object, "message", text);
	return object;
}

static cJSON *describe(const struct unit *unit)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "name", unit->name);
	cJSON_AddStringToObject(object, "type", unit_type_name(unit->type));
	cJSON_AddBoolToObject(object, "needed", unit->needed);
	cJSON *before = cJSON_AddArrayToObject(object, "after");
	for (size_t i = 0; i < unit->before.count; i++)
		add(before, cJSON_CreateString(unit->before.items[i]->name));
	return object;
}

void check_print_json(const struct unit_set *set, const struct complaints *complaints, FILE *out)
{
	cleanup_json cJSON *object = cJSON_CreateObject();

	cJSON_AddBoolToObject(object, "ok", set != NULL);
	cJSON *array = cJSON_AddArrayToObject(object, set ? "units" : "faults");
	for (size_t i = 0; set && i < set->count; i++)
		add(array, describe(set->items[i]));
	for (size_t i = 0; complaints && i < complaints->count; i++)
		add(array, fault(complaints->lines[i]));
	if (complaints && complaints->lost > 0)
		cJSON_AddNumberToObject(object, "more", (double)complaints->lost);
	cleanup_free char *text = cJSON_PrintUnformatted(object);
	fprintf(out, "%s\n", text ? text : "{\"ok\":false,\"faults\":[{\"message\":\"out of memory\"}]}");
}
