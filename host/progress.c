/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "json.h"
#include "launch.h"

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_release(struct progress *progress)
{
	free(progress->units);
	*progress = (struct progress){0};
}

/* What a container says goes to a terminal: no control characters. */
static void copy_clean(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
	launch_clean(to);
}

static struct progress_unit *unit_of(struct progress *progress, const char *name)
{
	for (size_t i = 0; i < progress->count; i++)
		if (strncmp(progress->units[i].name, name, sizeof(progress->units[i].name) - 1) ==
		    0)
			return &progress->units[i];
	struct progress_unit *larger =
		reallocarray(progress->units, progress->count + 1, sizeof(*larger));
	if (!larger)
		return NULL;
	progress->units = larger;
	struct progress_unit *unit = &larger[progress->count++];
	*unit = (struct progress_unit){.started_ms = -1, .ready_ms = -1};
	copy_clean(unit->name, sizeof(unit->name), name);
	return unit;
}

static void join_waits(const cJSON *unit, char *text, size_t size)
{
	const cJSON *item;
	size_t used = 0;

	text[0] = '\0';
	cJSON_ArrayForEach(item, kinc_json_get(unit, "waiting_for"))
	{
		if (!cJSON_IsString(item) || used + 3 >= size)
			continue;
		char clean[128];
		copy_clean(clean, sizeof(clean), item->valuestring);
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", clean);
	}
}

bool progress_stands(const struct progress_unit *unit)
{
	return strcmp(unit->state, "ready") == 0 || strcmp(unit->state, "done") == 0 ||
	       strcmp(unit->state, "skipped") == 0;
}

double progress_now_ms(const struct progress *progress)
{
	return progress->elapsed_ms + (double)(now_ms() - progress->told_at_ms);
}

static void head(struct progress *progress, const struct progress_look *look)
{
	if (!progress->headed)
		progress_print_heading(look, stderr);
	progress->headed = true;
}

static void tell_row(struct progress *progress, const struct progress_unit *unit)
{
	struct progress_look look = progress_look_of_terminal();

	progress_wipe(progress);
	head(progress, &look);
	progress_print_unit(&look, unit, progress_now_ms(progress), stderr);
}

/* What has come to a result; targets only mark points. */
static void tell(struct progress *progress, const struct progress_unit *unit)
{
	bool failed = strcmp(unit->state, "failed") == 0;
	double at = unit->ready_ms >= 0 && !failed ? unit->ready_ms : progress_now_ms(progress);

	if (strcmp(unit->type, "target") == 0 || progress->style == PROGRESS_JSON ||
	    (!failed && (!progress_stands(unit) || strcmp(unit->state, "skipped") == 0)))
		return;
	if (progress->style == PROGRESS_TABLE)
		tell_row(progress, unit);
	else if (failed)
		fprintf(stderr, "%7.1fs %s failed: %s\n", at / 1000, unit->name, unit->detail);
	else
		fprintf(stderr, "%7.1fs %s %s\n", at / 1000, unit->name, unit->state);
}

static int take_unit(struct progress *progress, const cJSON *json)
{
	const char *name = kinc_json_string(json, "name", NULL);
	const char *message = kinc_json_string(json, "message", "");
	char before[sizeof(progress->units->state)];

	if (!name)
		return 0;
	struct progress_unit *unit = unit_of(progress, name);
	if (!unit)
		return -ENOMEM;
	snprintf(before, sizeof(before), "%s", unit->state);
	copy_clean(unit->state, sizeof(unit->state), kinc_json_string(json, "state", ""));
	copy_clean(unit->type, sizeof(unit->type), kinc_json_string(json, "type", ""));
	unit->started_ms = kinc_json_number(json, "started_ms", -1);
	unit->ready_ms = kinc_json_number(json, "ready_ms", -1);
	if (strcmp(unit->state, "failed") == 0)
		copy_clean(unit->detail, sizeof(unit->detail), message);
	else
		join_waits(json, unit->detail, sizeof(unit->detail));
	if (strcmp(before, unit->state) != 0)
		tell(progress, unit);
	return 0;
}

static void take_state(struct progress *progress, const cJSON *json)
{
	copy_clean(progress->state, sizeof(progress->state), kinc_json_string(json, "state", ""));
	progress->elapsed_ms = kinc_json_number(json, "elapsed_ms", progress->elapsed_ms);
	progress->told_at_ms = now_ms();
}

static void take_warning(struct progress *progress, const char *text)
{
	char clean[512];

	copy_clean(clean, sizeof(clean), text);
	if (progress->style == PROGRESS_JSON)
		return;
	progress_wipe(progress);
	fprintf(stderr, "         warning: %s\n", clean);
}

/* As it came, but the status is an event too. */
static void print_line(const cJSON *line, const char *event)
{
	cleanup_json cJSON *copy = cJSON_Duplicate(line, true);

	if (!event)
		cJSON_AddStringToObject(copy, "event", "status");
	cleanup_free char *text = cJSON_PrintUnformatted(copy);
	if (text)
		puts(text);
	fflush(stdout);
}

int progress_take(struct progress *progress, const cJSON *line)
{
	const char *event = kinc_json_string(line, "event", NULL);
	const cJSON *item;
	int result = 0;

	if (progress->style == PROGRESS_JSON)
		print_line(line, event);
	if (!event) {
		take_state(progress, line);
		cJSON_ArrayForEach(item, kinc_json_get(line, "units"))
		{
			if (result == 0)
				result = take_unit(progress, item);
		}
		cJSON_ArrayForEach(item, kinc_json_get(line, "warnings"))
		{
			if (cJSON_IsString(item))
				take_warning(progress, item->valuestring);
		}
	} else if (strcmp(event, "unit") == 0) {
		result = take_unit(progress, kinc_json_get(line, "unit"));
	} else if (strcmp(event, "state") == 0) {
		take_state(progress, line);
	} else if (strcmp(event, "warning") == 0) {
		take_warning(progress, kinc_json_string(line, "text", ""));
	}
	progress_draw(progress);
	return result;
}

void progress_wipe(struct progress *progress)
{
	if (progress->drawn > 0)
		fprintf(stderr, "\033[%dA\033[J", progress->drawn);
	progress->drawn = 0;
}

void progress_draw(struct progress *progress)
{
	if (progress->style != PROGRESS_TABLE)
		return;
	struct progress_look look = progress_look_of_terminal();
	progress_wipe(progress);
	head(progress, &look);
	progress->drawn = progress_print_live(&look, progress, progress_now_ms(progress), stderr);
	fflush(stderr);
}

enum progress_style progress_style_of_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0 ? PROGRESS_TABLE
										   : PROGRESS_PLAIN;
}

const struct progress_unit *progress_find(const struct progress *progress, const char *state)
{
	for (size_t i = 0; i < progress->count; i++)
		if (strcmp(progress->units[i].state, state) == 0)
			return &progress->units[i];
	return NULL;
}

const struct progress_unit *progress_unit_of(const struct progress *progress, const char *name)
{
	for (size_t i = 0; i < progress->count; i++)
		if (strcmp(progress->units[i].name, name) == 0)
			return &progress->units[i];
	return NULL;
}
