/* SPDX-License-Identifier: MIT */
#ifndef INIT_CHILD_H
#define INIT_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * A process whose end somebody waits for. It lives inside the struct that it
 * serves. pid is 0 while there is none; pidfd is -EBADF without one.
 */
struct child {
	struct child *next;
	pid_t pid;
	int pidfd;
	void (*exited)(struct child *child, int status); /* status as of waitpid(2) */
};

#define CHILD_BUCKETS 64
struct children {
	struct child *buckets[CHILD_BUCKETS];
	size_t count;
};

/* pid, pidfd and exited must be set. */
void child_add(struct children *children, struct child *child);

/* Forgets it without waiting: its zombie will be reaped as an orphan's. */
void child_remove(struct children *children, struct child *child);

/* Does somebody wait for the end of this process? */
bool child_is_known(const struct children *children, pid_t pid);

/* Sends a signal if it runs, by pidfd where there is one: a pid may be another's by now. */
int child_signal(const struct child *child, int number);

/* Reaps all that ended, orphans too, and calls exited() of the known ones. */
void children_reap(struct children *children);

/* True when this process has no children at all. */
bool children_none(void);

#endif
