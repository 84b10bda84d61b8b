/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_MONITOR_H
#define KINC_HOST_MONITOR_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "checklist.h"
#include "cluster.h"

/*
 * Theory of operation. `monitor` validates a cluster in 14 steps, from the
 * container to DNS. First everything is asked (monitor_view.c), each question
 * apart, so that one which fails leaves the others; then each step judges the
 * answers (monitor_steps.c) and says by what. A step whose answer could not be
 * had because an earlier one failed is unknown, so that the first failure is
 * the cause and not one of its effects.
 */
/* On that loopback address which is of the node's family. */
#define MONITOR_ETCD "http://localhost:2381/health"
#define MONITOR_CONTROLLERS "https://127.0.0.1:10257/healthz"
#define MONITOR_SCHEDULER "https://127.0.0.1:10259/healthz"

/* An answer, or why there is none. */
struct monitor_answer {
	char *text;	 /* NULL: none */
	char fault[200]; /* "" where it was not asked either */
};

/* What was asked. Starts zeroed; monitor_view_release frees it. */
struct monitor_view {
	struct cluster cluster;
	cJSON *status;	/* of kinc-init, NULL: it does not answer */
	cJSON *objects; /* nodes, pods, storage classes; NULL: the API server does not tell */
	char status_fault[200], objects_fault[200];
	struct monitor_answer responds, ip_forward, controllers, runtime, kubelet, readyz,
		control_plane, network;
	bool port_open; /* 127.0.0.1:port of the host */
};

void monitor_view_load(const struct cluster *cluster, struct monitor_view *ret);
void monitor_view_release(struct monitor_view *view);

struct monitor_step {
	const char *name, *needed;
	const char *look; /* arguments of kinc-launch --cluster NAME that tell more */
	void (*judge)(const struct monitor_view *view, struct checklist_item *result);
};
enum { MONITOR_STEPS = 14 };
extern const struct monitor_step monitor_steps[MONITOR_STEPS];

#endif
