/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The boot as a picture, from one status line. The critical
 * path goes back from the target, each time to what it waited for that settled
 * last.
 */
#include "boot_chart.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"

enum { LABEL_PX = 250, PLOT_PX = 800, AFTER_PX = 150, ROW_PX = 20, HEAD_PX = 64 };

struct bar {
	const cJSON *unit;
	const char *name;
	double queued_ms, started_ms, settled_ms; /* started, settled: negative before */
	bool critical;
};

struct chart {
	struct bar *bars;
	size_t count;
	double total_ms;
};

static void cleanup_chart(struct chart *chart)
{
	free(chart->bars);
}

static struct bar *find_bar(const struct chart *chart, const char *name)
{
	for (size_t i = 0; i < chart->count; i++)
		if (strcmp(chart->bars[i].name, name) == 0)
			return &chart->bars[i];
	return NULL;
}

static void mark_critical(const struct chart *chart, const char *target)
{
	struct bar *at = find_bar(chart, target);

	/* Each bar once at the most: what answers may be no kinc-init. */
	while (at && !at->critical) {
		struct bar *last = NULL;
		at->critical = true;
		const cJSON *after = kinc_json_get(at->unit, "after");
		for (const cJSON *item = after ? after->child : NULL; item; item = item->next) {
			struct bar *other =
				cJSON_IsString(item) ? find_bar(chart, item->valuestring) : NULL;
			if (other && other->settled_ms >= 0 &&
			    (!last || other->settled_ms > last->settled_ms))
				last = other;
		}
		at = last;
	}
}

static double when(const struct bar *bar)
{
	return bar->started_ms >= 0 ? bar->started_ms : bar->settled_ms;
}

/* By start; what has not started yet comes last. */
static int compare(const void *left, const void *right)
{
	const struct bar *a = left, *b = right;
	double first = when(a) < 0 ? INFINITY : when(a), second = when(b) < 0 ? INFINITY : when(b);

	if (first != second)
		return first < second ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int chart_read(struct chart *chart, const cJSON *status)
{
	const cJSON *units = kinc_json_get(status, "units");

	chart->bars = calloc((size_t)cJSON_GetArraySize(units) + 1, sizeof(*chart->bars));
	if (!chart->bars)
		return -ENOMEM;
	for (const cJSON *unit = units ? units->child : NULL; unit; unit = unit->next) {
		const cJSON *boot = kinc_json_get(unit, "boot");
		struct bar bar = {
			.unit = unit,
			.name = kinc_json_string(unit, "name", "?"),
			.queued_ms = kinc_json_number(boot, "queued_ms", -1),
			.started_ms = kinc_json_number(boot, "started_ms", -1),
			.settled_ms = kinc_json_number(boot, "settled_ms", -1),
		};
		if (bar.queued_ms >= 0)
			chart->bars[chart->count++] = bar;
	}
	chart->total_ms =
		kinc_json_number(status, "ready_ms", kinc_json_number(status, "elapsed_ms", 0));
	if (!(chart->total_ms >= 1))
		chart->total_ms = 1;
	mark_critical(chart, kinc_json_string(status, "target", ""));
	qsort(chart->bars, chart->count, sizeof(*chart->bars), compare);
	return 0;
}

static cJSON *chart_object(const struct chart *chart)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddNumberToObject(object, "total_ms", chart->total_ms);
	cJSON *units = cJSON_AddArrayToObject(object, "units");
	for (size_t i = 0; i < chart->count; i++) {
		const struct bar *bar = &chart->bars[i];
		cJSON *item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "name", bar->name);
		cJSON_AddStringToObject(item, "state", kinc_json_string(bar->unit, "state", "?"));
		cJSON_AddNumberToObject(item, "queued_ms", bar->queued_ms);
		if (bar->started_ms >= 0)
			cJSON_AddNumberToObject(item, "started_ms", bar->started_ms);
		else
			cJSON_AddNullToObject(item, "started_ms");
		if (bar->settled_ms >= 0)
			cJSON_AddNumberToObject(item, "settled_ms", bar->settled_ms);
		else
			cJSON_AddNullToObject(item, "settled_ms");
		cJSON_AddBoolToObject(item, "critical", bar->critical);
		if (!cJSON_AddItemToArray(units, item))
			cJSON_Delete(item);
	}
	return object;
}

static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else
			fputc((unsigned char)*text < ' ' ? '?' : *text, out);
	}
}

static double x_of(const struct chart *chart, double ms)
{
	double part = ms / chart->total_ms;

	return LABEL_PX + PLOT_PX * (part < 0 ? 0 : part > 1 ? 1 : part);
}

static void put_axis(FILE *out, const struct chart *chart, int height)
{
	/* 1, 2 or 5 times a power of ten, so that there are 4 to 10 lines. */
	double step = pow(10, floor(log10(chart->total_ms)) - 1);
	static const double factors[] = {1, 2, 2.5, 2};

	for (size_t i = 0; chart->total_ms / step > 10; i++)
		step *= factors[i % 3 + 1];
	for (int i = 0; i * step <= chart->total_ms; i++) {
		double x = x_of(chart, i * step);
		fprintf(out,
			"<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" class=\"grid\"/>"
			"<text x=\"%.1f\" y=\"%d\" class=\"axis\">%.4g s</text>\n",
			x, x, HEAD_PX - 8, height - 8, x, HEAD_PX - 12, i * step / 1e3);
	}
}

static void put_box(FILE *out, const struct chart *chart, const char *class, double from_ms,
		    double to_ms, int y)
{
	double from = x_of(chart, from_ms), to = x_of(chart, to_ms);

	fprintf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n",
		class, from, y, to - from < 1 ? 1 : to - from, ROW_PX - 6);
}

static void put_bar(FILE *out, const struct chart *chart, const struct bar *bar, int y)
{
	const char *state = kinc_json_string(bar->unit, "state", "?");
	double end = bar->settled_ms >= 0 ? bar->settled_ms : chart->total_ms;
	double started = bar->started_ms >= 0 ? bar->started_ms : end;

	fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"name%s\">", LABEL_PX - 8, y + 11,
		bar->critical ? " critical" : "");
	put_escaped(out, bar->name);
	fputs("</text>\n", out);
	if (started > bar->queued_ms)
		put_box(out, chart, "waiting", bar->queued_ms, started, y);
	if (bar->started_ms >= 0)
		put_box(out, chart,
			strcmp(state, "failed") == 0 ? "failed"
			: bar->critical		     ? "starting critical"
						     : "starting",
			started, end, y);
	fprintf(out, "<text x=\"%.1f\" y=\"%d\" class=\"took\">", x_of(chart, end) + 5, y + 11);
	if (bar->started_ms >= 0 && bar->settled_ms >= 0)
		fprintf(out, "%.3f s", (end - started) / 1e3);
	else
		put_escaped(out, state);
	fputs("</text>\n", out);
}

static void put_legend(FILE *out, int x, const char *class, const char *text)
{
	fprintf(out,
		"<rect class=\"%s\" x=\"%d\" y=\"24\" width=\"14\" height=\"12\"/>"
		"<text x=\"%d\" y=\"34\">%s</text>\n",
		class, x, x + 19, text);
}

static void draw(FILE *out, const struct chart *chart, const cJSON *status)
{
	int height = HEAD_PX + (int)chart->count * ROW_PX + 12;
	int width = LABEL_PX + PLOT_PX + AFTER_PX;

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n",
		width, height, width, height);
	fputs("<style>.grid{stroke:#ddd}.axis{fill:#666;text-anchor:middle}"
	      ".name{text-anchor:end;fill:#222}.name.critical{font-weight:bold;fill:#b3400a}"
	      ".waiting{fill:#d5d9de}.starting{fill:#4a86c5}.starting.critical{fill:#e0702a}"
	      ".failed{fill:#b00020}.took{fill:#444;font-size:11px}.title{font-size:15px}</"
	      "style>\n",
	      out);
	fprintf(out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width, height);
	fprintf(out, "<text x=\"8\" y=\"18\" class=\"title\">");
	put_escaped(out, kinc_json_string(status, "cluster", "node"));
	fprintf(out, ": %s, %.3f s</text>\n", kinc_json_string(status, "state", "?"),
		chart->total_ms / 1e3);
	put_legend(out, LABEL_PX, "waiting", "waits for others");
	put_legend(out, LABEL_PX + 140, "starting", "starts");
	put_legend(out, LABEL_PX + 220, "starting critical", "starts, on the critical path");
	put_legend(out, LABEL_PX + 410, "failed", "failed");
	put_axis(out, chart, height);
	for (size_t i = 0; i < chart->count; i++)
		put_bar(out, chart, &chart->bars[i], HEAD_PX + (int)i * ROW_PX);
	fputs("</svg>\n", out);
}

int kinc_boot_chart_draw(const cJSON *status, FILE *out, struct kinc_error *err)
{
	__attribute__((cleanup(cleanup_chart))) struct chart chart = {0};

	if (chart_read(&chart, status) < 0)
		return kinc_error_errno(err, ENOMEM, "drawing the boot");
	draw(out, &chart, status);
	return 0;
}

cJSON *kinc_boot_chart_object(const cJSON *status)
{
	__attribute__((cleanup(cleanup_chart))) struct chart chart = {0};

	return chart_read(&chart, status) < 0 ? NULL : chart_object(&chart);
}
