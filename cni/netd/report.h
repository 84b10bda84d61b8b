/* SPDX-License-Identifier: MIT */
#ifndef NETD_REPORT_H
#define NETD_REPORT_H

#include <stdint.h>

#include "api.h"

/*
 * Sentences for people who look with kubectl: Kubernetes' Events, one at a time,
 * each told once in a while. Where they cannot be sent they are lost: what they
 * say is in the log as well.
 */
#define REPORT_QUEUE 32
#define REPORT_KNOWN 256

struct report_object {
	const char *api_version, *kind;
	const char *namespace; /* NULL: the object is in none */
	const char *name, *uid;
};

struct report {
	struct api *api;
	const char *node;
	struct api_request request;
	struct timer timer;
	struct report_entry {
		char *path, *body;
	} queue[REPORT_QUEUE];
	unsigned first, count;
	struct report_known {
		uint64_t hash, told_us;
	} known[REPORT_KNOWN];
	uint64_t sent, lost;
};

/* node must stay. */
void report_open(struct report *report, struct api *api, const char *node);
void report_warn(struct report *report, const struct report_object *about, const char *reason,
		 const char *sentence);
void report_close(struct report *report);

#endif
