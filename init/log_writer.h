/* SPDX-License-Identifier: MIT */
#ifndef INIT_LOG_WRITER_H
#define INIT_LOG_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "log_ring.h"

/*
 * The only process that writes log files: disks fill up and hang, and then it
 * is this one that waits. The helper feeds it by a non-blocking pipe, a frame
 * of at most PIPE_BUF bytes per line, and counts what does not fit.
 */
#define LOG_FILE_MAX ((off_t)10 << 20) /* then it becomes UNIT.log.1, that UNIT.log.2, … */
#define LOG_FILES_OLD 5

struct log_frame {
	uint16_t unit, size;
	uint32_t dropped; /* lines of this unit lost before this one */
	uint16_t is_line; /* 0: only tells of the lost ones */
	uint16_t stream;  /* enum log_stream */
	uint64_t time_ms;
};

/* In files and events. */
const char *log_stream_name(unsigned stream);

/* Writes frames until the pipe ends. names are of the units. */
void log_writer(int frames, const char *directory, char *const *names, size_t count);

/* "2026-11-24T02:51:50.123Z"; the buffer takes 32 bytes. */
void log_format_time(uint64_t time_ms, char *text);

#endif
