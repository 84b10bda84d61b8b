/* SPDX-License-Identifier: MIT */
#ifndef INIT_LOG_RING_H
#define INIT_LOG_RING_H

#include <stddef.h>
#include <stdint.h>

/*
 * The last lines of one unit, in memory. Zeroed = empty; the buffer comes with
 * the first line.
 */
#define LOG_RING_BYTES 65536
#define LOG_LINE_MAX 3500 /* longer lines are cut into pieces */

struct log_ring {
	char *bytes;
	size_t start, used;
};

struct log_line {
	uint64_t time_ms; /* since the epoch */
	uint16_t size;
	uint8_t stream; /* enum log_stream */
	char text[LOG_LINE_MAX + 1];
};

void log_ring_put(struct log_ring *ring, const struct log_line *line);

/* How many lines there are. */
size_t log_ring_count(const struct log_ring *ring);
/* A position for log_ring_next so that the last `lines` lines follow. */
size_t log_ring_last(const struct log_ring *ring, size_t lines);
/* When the line at position was written; 0 at the end. */
uint64_t log_ring_time(const struct log_ring *ring, size_t position);
/* Reads the line at *position and moves on: 0 at the end. */
int log_ring_next(const struct log_ring *ring, size_t *position, struct log_line *ret_line);

#endif
