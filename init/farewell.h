/* SPDX-License-Identifier: MIT */
#ifndef INIT_FAREWELL_H
#define INIT_FAREWELL_H

#include "loop.h"

struct manager;

/*
 * The end of the shutdown, after all units have stopped: processes that belong
 * to none (pods whose runtime was told to leave them alone, sessions of
 * podman exec) get SIGTERM and ten seconds, then SIGKILL; then the log helper
 * ends. Those in pid namespaces of their own, which are pods, get theirs first:
 * what keeps their output open (containerd's shims, conmon) must outlive them,
 * or a database that says goodbye dies of SIGPIPE. A pod's only process that
 * SIGTERM cannot reach is killed after one: it would not know what it is given time for.
 */
enum farewell_stage {
	FAREWELL_NOT_YET,
	FAREWELL_PODS,	 /* SIGTERM was sent to those in namespaces of their own */
	FAREWELL_ASKED,	 /* SIGTERM was sent to all */
	FAREWELL_KILLED, /* SIGKILL was sent */
	FAREWELL_LOGS,	 /* the log helper was asked to end */
	FAREWELL_OVER,	 /* main may return */
};

struct farewell {
	enum farewell_stage stage;
	struct timer timer;
	uint64_t asked_us; /* CLOCK_MONOTONIC: when pods got SIGTERM */
};

/* Called after each turn of the loop while the manager is stopping. */
void farewell_advance(struct manager *manager);

#endif
