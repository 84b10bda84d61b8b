/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "hash.h"
#include "json.h"

#define AGAIN_US (UINT64_C(600) * 1000000U)
#define TIMEOUT_S 10L

static void send_next(struct report *report);

static void request_done(struct api_request *request, long status, const struct kinc_error *err)
{
	struct report *report = container_of(request, struct report, request);

	if (status >= 200 && status <= 299) {
		report->sent++;
	} else {
		report->lost++;
		fprintf(stderr, "kincnetd: an event could not be told: %s\n", err->message);
	}
	send_next(report);
}

static void drop_first(struct report *report)
{
	struct report_entry *entry = &report->queue[report->first];

	free(entry->path);
	free(entry->body);
	*entry = (struct report_entry){0};
	report->first = (report->first + 1) % REPORT_QUEUE;
	report->count--;
}

static void send_next(struct report *report)
{
	while (report->count && !report->request.curl) {
		struct report_entry *entry = &report->queue[report->first];
		struct kinc_error err;
		if (api_start(report->api, &report->request, entry->path, entry->body, TIMEOUT_S, 0,
			      &err) < 0) {
			report->lost++;
			fprintf(stderr, "kincnetd: an event could not be told: %s\n", err.message);
		}
		drop_first(report);
	}
}

static void timer_fired(struct timer *timer)
{
	send_next(container_of(timer, struct report, timer));
}

/* The same sentence about the same object, lately? */
static bool is_known(struct report *report, const struct report_object *about, const char *reason,
		     const char *sentence)
{
	const char *parts[] = {about->uid, about->name, reason, sentence};
	uint64_t hash = HASH_START, now = loop_now_us();

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i])
			hash = hash_bytes(hash, parts[i], strlen(parts[i]) + 1);
	struct report_known *known = &report->known[hash % REPORT_KNOWN];
	if (known->hash == hash && known->told_us && now - known->told_us < AGAIN_US)
		return true;
	*known = (struct report_known){hash, now};
	return false;
}

static cJSON *compose(const struct report *report, const struct report_object *about,
		      const char *namespace, const char *reason, const char *sentence)
{
	cJSON *event = cJSON_CreateObject();
	char name[320], time_text[40];
	struct timespec now;
	struct tm parts;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	strftime(time_text, sizeof(time_text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	snprintf(name, sizeof(name), "%.200s.%llx", about->name,
		 (unsigned long long)now.tv_sec * 1000000000U + (unsigned long long)now.tv_nsec);
	cJSON_AddStringToObject(event, "apiVersion", "v1");
	cJSON_AddStringToObject(event, "kind", "Event");
	cJSON *metadata = cJSON_AddObjectToObject(event, "metadata");
	cJSON_AddStringToObject(metadata, "name", name);
	cJSON_AddStringToObject(metadata, "namespace", namespace);
	cJSON *object = cJSON_AddObjectToObject(event, "involvedObject");
	cJSON_AddStringToObject(object, "apiVersion", about->api_version);
	cJSON_AddStringToObject(object, "kind", about->kind);
	cJSON_AddStringToObject(object, "name", about->name);
	if (about->namespace)
		cJSON_AddStringToObject(object, "namespace", about->namespace);
	if (about->uid)
		cJSON_AddStringToObject(object, "uid", about->uid);
	cJSON_AddStringToObject(event, "reason", reason);
	cJSON_AddStringToObject(event, "message", sentence);
	cJSON_AddStringToObject(event, "type", "Warning");
	cJSON *source = cJSON_AddObjectToObject(event, "source");
	cJSON_AddStringToObject(source, "component", "kincnetd");
	cJSON_AddStringToObject(source, "host", report->node);
	cJSON_AddStringToObject(event, "firstTimestamp", time_text);
	cJSON_AddStringToObject(event, "lastTimestamp", time_text);
	cJSON_AddNumberToObject(event, "count", 1);
	return event;
}

void report_open(struct report *report, struct api *api, const char *node)
{
	*report = (struct report){.api = api,
				  .node = node,
				  .request = {.done = request_done},
				  .timer = {.fired = timer_fired}};
}

void report_warn(struct report *report, const struct report_object *about, const char *reason,
		 const char *sentence)
{
	/* Of an object without a namespace, the events are in "default". */
	const char *namespace = about->namespace ? about->namespace : "default";

	if (is_known(report, about, reason, sentence))
		return;
	if (report->count == REPORT_QUEUE) {
		report->lost++;
		return;
	}
	cleanup_json cJSON *event = compose(report, about, namespace, reason, sentence);
	unsigned place = (report->first + report->count) % REPORT_QUEUE;
	struct report_entry *entry = &report->queue[place];
	entry->body = alloc_must(cJSON_PrintUnformatted(event));
	if (asprintf(&entry->path, "/api/v1/namespaces/%s/events", namespace) < 0)
		entry->path = alloc_must(NULL);
	report->count++;
	/* What is told of may have come by libcurl, which takes no request within a callback. */
	timer_set(report->api->loop, &report->timer, 0);
}

void report_close(struct report *report)
{
	timer_clear(report->api->loop, &report->timer);
	api_cancel(&report->request);
	while (report->count)
		drop_first(report);
}
