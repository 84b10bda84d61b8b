/* SPDX-License-Identifier: MIT */
#ifndef INIT_SURVIVORS_H
#define INIT_SURVIVORS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { SURVIVOR_NAME_MAX = 64 };

/* A process that is there when all units have stopped. */
struct survivor {
	pid_t pid, parent;
	char name[SURVIVOR_NAME_MAX]; /* of graphic characters */
	bool nested;  /* in a pid namespace below ours: a pod's */
	bool first;   /* its namespace's init */
	bool hears;   /* has a handler for SIGTERM, or blocks it */
};

/* What is beyond these is found when they have gone. */
enum { SURVIVORS_MAX = 4096 };

/* All but PID 1, except, and its children. None where we are not PID 1. */
size_t survivors_list(pid_t except, struct survivor ret[SURVIVORS_MAX]);

/*
 * Whether it does not hear SIGTERM, and nobody else in its pid namespace could: it
 * is alone there as its init, for which the kernel drops signals that have no
 * handler, pid_namespaces(7). One that is in sigwait(3) blocks the signal, but is
 * seen to do so only when it has returned.
 */
bool survivor_is_deaf(const struct survivor *survivor, const struct survivor *all, size_t count);

#endif
