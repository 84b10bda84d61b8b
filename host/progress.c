/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "json.h"

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
	for (char *c = to; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
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

/* A line for what has come to a result; targets only mark points. */
static void tell(struct progress *progress, const struct progress_unit *unit)
{
	double at = unit->ready_ms >= 0 ? unit->ready_ms : progress->elapsed_ms;

	if (strcmp(unit->type, "target") == 0)
		return;
	if (strcmp(unit->state, "ready") == 0 || strcmp(unit->state, "done") == 0) {
		progress_wipe(progress);
		fprintf(stderr, "%7.1fs %s %s\n", at / 1000, unit->name, unit->state);
	} else if (strcmp(unit->state, "failed") == 0) {
		progress_wipe(progress);
		at = progress->elapsed_ms + (double)(now_ms() - progress->told_at_ms);
		fprintf(stderr, "%7.1fs %s failed: %s\n", at / 1000, unit->name, unit->detail);
	}
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
	progress_wipe(progress);
	fprintf(stderr, "         warning: %s\n", clean);
}

int progress_take(struct progress *progress, const cJSON *line)
{
	const char *event = kinc_json_string(line, "event", NULL);
	const cJSON *item;
	int result = 0;

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
	struct winsize window = {0};
	double now = progress->elapsed_ms + (double)(now_ms() - progress->told_at_ms);

	if (!progress->terminal)
		return;
	ioctl(STDERR_FILENO, TIOCGWINSZ, &window);
	/* A terminal that does not know its size says 0. */
	int columns = window.ws_col == 0 ? 80 : window.ws_col < 20 ? 20 : window.ws_col;
	int rows = window.ws_row == 0 ? 24 : window.ws_row;
	progress_wipe(progress);
	for (size_t i = 0; i < progress->count && progress->drawn + 2 < rows; i++) {
		const struct progress_unit *unit = &progress->units[i];
		char text[400];
		if (strcmp(unit->state, "starting") != 0 || strcmp(unit->type, "target") == 0)
			continue;
		snprintf(text, sizeof(text), "%7.1fs %s ... %s%s",
			 (now - (unit->started_ms < 0 ? now : unit->started_ms)) / 1000, unit->name,
			 unit->detail[0] ? "waits for " : "", unit->detail);
		/* A line that wraps would not be wiped: one column stays free. */
		fprintf(stderr, "%.*s\n", columns - 1, text);
		progress->drawn++;
	}
}

const struct progress_unit *progress_find(const struct progress *progress, const char *state)
{
	for (size_t i = 0; i < progress->count; i++)
		if (strcmp(progress->units[i].state, state) == 0)
			return &progress->units[i];
	return NULL;
}
