/* SPDX-License-Identifier: MIT */
#ifndef NETD_METRICS_H
#define NETD_METRICS_H

#include <stdio.h>

#include "loop.h"

/*
 * Answers each HTTP request on a unix socket with Prometheus text:
 * curl --unix-socket PATH http://kincnetd/metrics
 */
struct metrics {
	struct loop *loop;
	struct source source;
	struct metrics_client *clients;
	size_t client_count;
	void (*print)(void *context, FILE *out);
	void *context;
};

/* Mode 0600; the path's directory is made, a socket that is there is replaced. */
int metrics_open(struct metrics *metrics, struct loop *loop, const char *path,
		 void (*print)(void *context, FILE *out), void *context, struct kinc_error *err);
void metrics_close(struct metrics *metrics);

#endif
