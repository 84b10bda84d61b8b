/* SPDX-License-Identifier: MIT */
#ifndef INIT_SURVIVORS_H
#define INIT_SURVIVORS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A process that is there when all units have stopped. */
struct survivor {
	pid_t pid, parent;
	bool nested;  /* in a pid namespace below ours: a pod's */
	bool first;   /* its namespace's init */
	bool catches; /* has a handler for SIGTERM */
};

/* What is beyond these is found when they have gone. */
enum { SURVIVORS_MAX = 4096 };

/* All but PID 1, except, and its children. None where we are not PID 1. */
size_t survivors_list(pid_t except, struct survivor ret[SURVIVORS_MAX]);

/*
 * Whether it cannot hear SIGTERM, and nobody else in its pid namespace could: it
 * is alone there as its init without a handler, for which the kernel drops the
 * signal, pid_namespaces(7).
 */
bool survivor_is_deaf(const struct survivor *survivor, const struct survivor *all, size_t count);

#endif
