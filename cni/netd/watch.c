/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: LISTING fetches page after page. The version of the last
 * page is where WATCHING begins; each event, and each bookmark, moves it. A
 * watch that ends in order is begun again from there. When the server no longer
 * knows the version (410 Gone, as a status or as an ERROR event), or the stream
 * makes no sense, everything is listed anew: the handler sees that as the same
 * calls again. Whatever fails is tried again, WAITING ever longer in between,
 * by a random part of it so that not all clients come at once.
 */
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cleanup.h"
#include "json.h"

#define PAGE 250
#define LIST_S 120L
#define LIST_SILENCE_S 20L
/* The server ends a watch then, in order. */
#define WATCH_S 300
#define WATCH_GRACE_S 30
#define DELAY_FIRST_MS 100
#define DELAY_MAX_MS 5000
/* The API server is about to start, and pods wait. */
#define DELAY_MAX_FIRST_MS 500
/* A watch that ends sooner counts as a failure: it would be begun a thousand times a second. */
#define WATCH_SHORT_US 1000000U

/* The second path is of servers before 1.21. */
static const struct {
	const char *name, *paths[2];
} kinds[OBJECT_KINDS] = {
	[OBJECT_POD] = {"pods", {"/api/v1/pods"}},
	[OBJECT_NAMESPACE] = {"namespaces", {"/api/v1/namespaces"}},
	[OBJECT_POLICY] = {"networkpolicies", {"/apis/networking.k8s.io/v1/networkpolicies"}},
	[OBJECT_SERVICE] = {"services", {"/api/v1/services"}},
	[OBJECT_ENDPOINTSLICE] = {"endpointslices",
				  {"/apis/discovery.k8s.io/v1/endpointslices",
				   "/apis/discovery.k8s.io/v1beta1/endpointslices"}},
};

static void start_list(struct watch *watch);
static void start_watch(struct watch *watch);

const char *watch_kind_name(enum object_kind kind)
{
	return kinds[kind].name;
}

static void tell(struct watch *watch, const char *reason)
{
	if (strcmp(watch->reason, reason) == 0)
		return;
	snprintf(watch->reason, sizeof(watch->reason), "%s", reason);
	watch->handler->trouble(watch->handler->context, watch->kind, watch->reason);
}

/* Half of the delay is certain, half is chance. */
static uint64_t jitter(uint64_t delay_ms)
{
	uint32_t chance = 0;

	/* Without chance it is the shorter half. */
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != (ssize_t)sizeof(chance))
		chance = 0;
	return delay_ms / 2 + chance % (delay_ms / 2 + 1);
}

static void wait_and_retry(struct watch *watch, const char *reason, uint64_t at_least_ms)
{
	uint64_t delay = DELAY_FIRST_MS << (watch->failures < 6 ? watch->failures : 6);
	uint64_t max = watch->synced ? DELAY_MAX_MS : DELAY_MAX_FIRST_MS;

	watch->failures++;
	watch->count.failures++;
	watch->state = WATCH_WAITING;
	if (delay > max)
		delay = max;
	delay = jitter(delay);
	tell(watch, reason);
	timer_set(watch->loop, &watch->timer, delay > at_least_ms ? delay : at_least_ms);
}

static void relist(struct watch *watch)
{
	free(watch->next);
	watch->next = NULL;
	watch->listed = false;
}

static void timer_fired(struct timer *timer)
{
	struct watch *watch = container_of(timer, struct watch, timer);

	if (watch->listed)
		start_watch(watch);
	else
		start_list(watch);
}

static void take_version(struct watch *watch, const cJSON *object)
{
	const char *version =
		kinc_json_string(kinc_json_get(object, "metadata"), "resourceVersion", "");

	/* It goes into a URL: only what can be one. */
	if (*version && strlen(version) < sizeof(watch->version) &&
	    strspn(version, "0123456789") == strlen(version))
		memcpy(watch->version, version, strlen(version) + 1);
}

static int take_event(struct watch *watch, const cJSON *event, struct kinc_error *err)
{
	const char *type = kinc_json_string(event, "type", "");
	const cJSON *object = kinc_json_get(event, "object");

	if (!cJSON_IsObject(object))
		return kinc_error_set(err, EPROTO, "an event has no object");
	if (strcmp(type, "ERROR") == 0) {
		watch->expired = kinc_json_int(object, "code", 0) == 410;
		return kinc_error_set(err, EREMOTEIO, "the watch ended: %s",
				      kinc_json_string(object, "message", "no reason given"));
	}
	if (strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0)
		watch->handler->object(watch->handler->context, watch->kind, object,
				       OBJECT_PRESENT);
	else if (strcmp(type, "DELETED") == 0)
		watch->handler->object(watch->handler->context, watch->kind, object, OBJECT_GONE);
	else if (strcmp(type, "BOOKMARK") != 0)
		return kinc_error_set(err, EPROTO, "an event of the unknown type \"%s\"", type);
	take_version(watch, object);
	watch->count.events++;
	watch->failures = 0;
	tell(watch, "");
	return 0;
}

static int on_object(struct stream *stream, const char *text, size_t size, struct kinc_error *err)
{
	struct watch *watch = container_of(stream, struct watch, stream);
	cleanup_json cJSON *tree = cJSON_ParseWithLength(text, size);

	if (!cJSON_IsObject(tree))
		return kinc_error_set(err, EPROTO, "the API server sent what is no JSON object");
	if (watch->state == WATCH_WATCHING)
		return take_event(watch, tree, err);
	watch->handler->object(watch->handler->context, watch->kind, tree, OBJECT_PRESENT);
	return 0;
}

static int on_data(struct api_request *request, const char *data, size_t size,
		   struct kinc_error *err)
{
	return stream_feed(&container_of(request, struct watch, request)->stream, data, size, err);
}

/* What both kinds of request may be answered with. True: that is dealt with. */
static bool is_refused(struct watch *watch, long status, const struct kinc_error *err)
{
	uint64_t at_least_ms = (uint64_t)watch->request.retry_after_s * 1000U;

	if (status == 200)
		return false;
	if (status == 410 || watch->expired)
		relist(watch);
	if (status == 404 && kinds[watch->kind].paths[1]) {
		watch->path = !watch->path;
		relist(watch);
		/* The first time this is no trouble but the way to find out. */
		if (!watch->synced && watch->failures == 0) {
			watch->failures++;
			start_list(watch);
			return true;
		}
	}
	wait_and_retry(watch, err->message, at_least_ms);
	return true;
}

static int end_page(struct watch *watch, struct kinc_error *err)
{
	const char *frame;
	size_t size;
	int result = stream_end(&watch->stream, &frame, &size, err);

	if (result < 0)
		return result;
	cleanup_json cJSON *tree = cJSON_ParseWithLength(frame, size);
	if (!cJSON_IsObject(tree) || !kinc_json_get(tree, "items"))
		return kinc_error_set(err, EPROTO, "the answer is no list");
	const char *next = kinc_json_string(kinc_json_get(tree, "metadata"), "continue", "");
	free(watch->next);
	watch->next = *next ? strdup(next) : NULL;
	if (*next && !watch->next)
		return kinc_error_errno(err, ENOMEM, "reading a list");
	take_version(watch, tree);
	return watch->version[0] ? 0 : kinc_error_set(err, EPROTO, "the list has no version");
}

static void list_done(struct api_request *request, long status, const struct kinc_error *err)
{
	struct watch *watch = container_of(request, struct watch, request);
	struct kinc_error fault;

	/* The same page would make no more sense the next time. */
	if (request->error.code)
		relist(watch);
	if (is_refused(watch, status, err))
		return;
	if (end_page(watch, &fault) < 0) {
		relist(watch);
		wait_and_retry(watch, fault.message, 0);
		return;
	}
	if (watch->next) {
		start_list(watch);
		return;
	}
	watch->listed = watch->synced = true;
	watch->failures = 0;
	watch->count.lists++;
	tell(watch, "");
	watch->handler->synced(watch->handler->context, watch->kind);
	start_watch(watch);
}

static void watch_done(struct api_request *request, long status, const struct kinc_error *err)
{
	struct watch *watch = container_of(request, struct watch, request);
	struct kinc_error fault = {0};
	const char *frame;
	size_t size;

	/* After nonsense, nobody knows what was missed. */
	if (request->error.code)
		relist(watch);
	if (is_refused(watch, status, err))
		return;
	/* A connection may end between two events, but not within one. */
	if (stream_end(&watch->stream, &frame, &size, &fault) < 0 ||
	    loop_now_us() - watch->began_us < WATCH_SHORT_US)
		wait_and_retry(watch, fault.code ? fault.message : "watches end at once", 0);
	else
		start_watch(watch);
}

static void begin(struct watch *watch, enum stream_mode mode, const char *query, long timeout_s,
		  long silence_s)
{
	cleanup_free char *path = NULL;
	struct kinc_error err;
	int result = -ENOMEM;

	stream_begin(&watch->stream, mode);
	watch->expired = false;
	watch->began_us = loop_now_us();
	if (asprintf(&path, "%s%s", kinds[watch->kind].paths[watch->path], query) < 0)
		path = NULL;
	if (path)
		result = api_start(watch->api, &watch->request, path, NULL, timeout_s, silence_s,
				   &err);
	if (result < 0)
		wait_and_retry(watch, path ? err.message : "no memory", 0);
}

static void start_list(struct watch *watch)
{
	cleanup_free char *query = NULL;
	cleanup_free char *token = NULL;

	if (!watch->next)
		watch->handler->relist(watch->handler->context, watch->kind);
	watch->state = WATCH_LISTING;
	watch->request.done = list_done;
	if (watch->next)
		token = curl_easy_escape(NULL, watch->next, 0);
	if (asprintf(&query, "?limit=%d%s%s", PAGE, token ? "&continue=" : "", token ? token : "") < 0)
		query = NULL;
	if (!query || !watch->next != !token)
		wait_and_retry(watch, "no memory", 0);
	else
		begin(watch, STREAM_LIST, query, LIST_S, LIST_SILENCE_S);
}

static void start_watch(struct watch *watch)
{
	char query[200];
	/* Not all of them end at the same time. */
	long seconds = WATCH_S + (long)jitter(WATCH_S);

	watch->state = WATCH_WATCHING;
	watch->request.done = watch_done;
	snprintf(query, sizeof(query),
		 "?watch=1&allowWatchBookmarks=true&resourceVersion=%s&timeoutSeconds=%ld",
		 watch->version, seconds);
	begin(watch, STREAM_LINES, query, seconds + WATCH_GRACE_S, 0);
}

void watch_start(struct watch *watch, enum object_kind kind, struct api *api,
		 const struct watch_handler *handler, size_t max)
{
	*watch = (struct watch){
		.kind = kind,
		.api = api,
		.loop = api->loop,
		.handler = handler,
		.request = {.data = on_data},
		.stream = {.object = on_object, .max = max},
		.timer = {.fired = timer_fired},
	};
	start_list(watch);
}

void watch_stop(struct watch *watch)
{
	if (!watch->loop)
		return;
	timer_clear(watch->loop, &watch->timer);
	api_cancel(&watch->request);
	stream_release(&watch->stream);
	free(watch->next);
	watch->next = NULL;
}

static void print_count(FILE *out, const char *name, const struct watch *watch,
			unsigned long long value)
{
	fprintf(out, "kincnetd_watch_%s{kind=\"%s\"} %llu\n", name, kinds[watch->kind].name, value);
}

void watch_print_metrics(const struct watch *watches, size_t count, FILE *out)
{
	fputs("# TYPE kincnetd_watch_lists_total counter\n", out);
	for (size_t i = 0; i < count; i++)
		print_count(out, "lists_total", &watches[i], watches[i].count.lists);
	fputs("# TYPE kincnetd_watch_events_total counter\n", out);
	for (size_t i = 0; i < count; i++)
		print_count(out, "events_total", &watches[i], watches[i].count.events);
	fputs("# TYPE kincnetd_watch_failures_total counter\n", out);
	for (size_t i = 0; i < count; i++)
		print_count(out, "failures_total", &watches[i], watches[i].count.failures);
	fputs("# TYPE kincnetd_watch_connected gauge\n", out);
	for (size_t i = 0; i < count; i++)
		print_count(out, "connected", &watches[i], watches[i].state == WATCH_WATCHING);
}
