/* SPDX-License-Identifier: MIT */
#ifndef INIT_LOG_HELPER_H
#define INIT_LOG_HELPER_H

#include "log_ring.h"
#include "logs.h"
#include "manager.h"

/* Inside of the log helper: what log_helper.c, log_client.c and log_history.c share. */

/* One of a unit's pipes. */
struct stream {
	struct source source;
	struct channel *channel;
	uint8_t number; /* enum log_stream */
	size_t size;
	char partial[LOG_LINE_MAX];
};

/* What a unit writes. */
struct channel {
	struct helper *helper;
	unsigned unit;
	int forward; /* as struct log_spec */
	struct log_ring ring;
	uint32_t dropped; /* lines that the writer had no room for */
	struct timer tell_lost;
	size_t unshown; /* lines since the last tail */
	struct stream streams[LOG_STREAMS];
};

struct helper {
	struct manager *manager;
	struct loop loop;
	struct source requests;
	struct channel **channels; /* per unit; NULL for units without output */
	struct log_client *clients;
	char **names;
	int writer;
	pid_t writer_pid;
	uint64_t writer_since_ms;
	bool stuck; /* the writer took nothing when last asked */
	bool quit;
};

/* Takes what the pipes hold now. */
void channel_drain(struct channel *channel);

/* log_client.c: answers; the descriptor is the callee's. */
void log_client_serve(struct helper *helper, const struct log_query *query, int fd);
/* Tells all who follow. */
void log_client_tell(struct helper *helper, unsigned unit, const struct log_line *line);
/* One line event; false when the client does not take it. */
bool log_client_send(int fd, const char *unit, const struct log_line *line);

/* log_history.c, in a process of its own: sends what the query asks for, in order of time. */
void log_history_send(struct helper *helper, const struct log_query *query, int fd);

#endif
