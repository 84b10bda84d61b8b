/* SPDX-License-Identifier: MIT */
#ifndef NETD_WATCH_H
#define NETD_WATCH_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "object.h"
#include "stream.h"

/* Who gets the objects. All are called from within the loop. */
struct watch_handler {
	/* Everything of the kind is about to come; what does not come until synced is gone. */
	void (*relist)(void *context, enum object_kind kind);
	void (*object)(void *context, enum object_kind kind, const cJSON *object,
		       enum object_change change);
	void (*synced)(void *context, enum object_kind kind);
	/* Another reason why nothing can be learnt now; "" when it works again. */
	void (*trouble)(void *context, enum object_kind kind, const char *reason);
	void *context;
};

enum watch_state {
	WATCH_WAITING, /* for the next try */
	WATCH_LISTING,
	WATCH_WATCHING,
};

/* All objects of one kind: listed, then watched, and listed again when need be. */
struct watch {
	enum object_kind kind;
	struct loop *loop;
	struct api *api;
	const struct watch_handler *handler;

	enum watch_state state;
	bool listed; /* version is one to watch from */
	bool synced; /* once, since the start */
	struct api_request request;
	struct stream stream;
	struct timer timer;
	unsigned path;	   /* which of the kind's paths this server has */
	unsigned failures; /* one after the other */
	uint64_t began_us;
	bool expired; /* the server no longer knows our version */
	char version[64];
	char *next;	  /* continue token: a list's next page */
	char reason[256]; /* the last that handler->trouble was told */
	struct watch_count {
		uint64_t lists, events, failures;
	} count;
};

/* Begins at once. max: bytes of the largest object that is taken. */
void watch_start(struct watch *watch, enum object_kind kind, struct api *api,
		 const struct watch_handler *handler, size_t max);
void watch_stop(struct watch *watch);

/* "pods" */
const char *watch_kind_name(enum object_kind kind);

/* Prometheus text of that many watches. */
void watch_print_metrics(const struct watch *watches, size_t count, FILE *out);

#endif
