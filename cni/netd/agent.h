/* SPDX-License-Identifier: MIT */
#ifndef NETD_AGENT_H
#define NETD_AGENT_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* What the running agent is to do; strings stay the caller's. */
struct agent_options {
	const char *kubeconfig;
	const char *node;
	const char *metrics; /* path of the socket; NULL: none */
	bool policy;
	const char *pod_subnets; /* with commas between them */
	const char *gate;
	bool keep_connections, admit_unknown;
	const char *dns; /* ADDRESS:PORT; NULL: no DNS */
	const char *dns_upstream, *domain;
	size_t object_max;
};

/* Until SIGTERM or SIGINT. */
int agent_run(const struct agent_options *options, struct kinc_error *err);

#endif
