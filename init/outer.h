/* SPDX-License-Identifier: MIT */
#ifndef INIT_OUTER_H
#define INIT_OUTER_H

#include "loop.h"

struct manager;

/*
 * What whoever started the container is told, over the sd_notify socket of
 * PID 1's own environment (podman run --sdnotify=container): READY=1,
 * STATUS=, STOPPING=1, EXIT_STATUS=, WATCHDOG=1 when it is asked for. A
 * socket that is full is tried again; it never makes PID 1 wait.
 */
struct outer {
	int fd; /* -EBADF without a socket */
	struct timer again;
	struct timer watchdog;
	uint64_t watchdog_ms; /* between two; 0: not asked for */
	bool ready, stopping; /* have been told */
	char status[200];     /* told last */
};

void outer_open(struct manager *manager);
/* Tells what has changed. */
void outer_update(struct manager *manager);
/* The last word; why may be empty. */
void outer_end(struct manager *manager, int status, const char *why);

#endif
