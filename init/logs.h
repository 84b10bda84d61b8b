/* SPDX-License-Identifier: MIT */
#ifndef INIT_LOGS_H
#define INIT_LOGS_H

#include "child.h"
#include "loop.h"

struct job;
struct manager;

#define LOG_DIRECTORY "/var/log/kinc"

enum log_stream { LOG_STDOUT, LOG_STDERR, LOG_STREAMS };
#define LOG_OF_ALL (~0U) /* in place of a unit */
#define LOG_LINES_MAX 100000000 /* more than any files hold */

/*
 * PID 1 never touches what units write. It makes two pipes per unit, keeps all
 * ends open, and forks a log helper that reads them (log_helper.c). When the
 * helper dies, the next one goes on reading the same pipes. The socket pair
 * carries requests to the helper and last lines back; PID 1 keeps both of its
 * ends too.
 */
struct logs {
	struct manager *manager;
	struct source answers; /* PID 1's end */
	int helper_end;
	struct child helper;
	struct timer again; /* starts the next helper after one died */
	unsigned deaths;
	bool closing;
};

/* Which lines somebody wants. */
struct log_query {
	unsigned unit; /* index of the job, or LOG_OF_ALL */
	int lines;     /* the last so many */
	bool follow;
	uint64_t since_ms; /* since the epoch, from the files too; 0: what is in memory */
};

int logs_open(struct logs *logs, struct manager *manager, struct kinc_error *err);

/* Shows the unit's last lines on stdout and asks for the very last as its message. */
void logs_show_tail(struct logs *logs, const struct job *job);

/*
 * Hands a control client's connection to the helper, which answers it. The
 * descriptor stays the caller's. -EAGAIN: the helper is busy.
 */
int logs_serve(struct logs *logs, const struct log_query *query, int client);

/* Lets the helper write what it has and end; true when it has. */
bool logs_finish(struct logs *logs);

/* What the two say to each other, one packet each. */
enum log_verb { LOG_TAIL = 't', LOG_SERVE = 's', LOG_QUIT = 'q', LOG_LAST = 'l' };
struct log_packet {
	enum log_verb verb;
	struct log_query query; /* of LOG_LAST only the unit */
	char text[400];		/* LOG_LAST */
};

/* log_helper.c: the helper's main; never returns. requests is its end of the pair. */
int log_helper(struct manager *manager, int requests);

#endif
