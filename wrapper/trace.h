/* SPDX-License-Identifier: MIT */
#ifndef KINC_WRAPPER_TRACE_H
#define KINC_WRAPPER_TRACE_H

#include "config.h"
#include "report.h"

/*
 * Notes of what kinc-crun did, for people and tests. Nothing here ever fails a
 * container: a directory that is missing or full means no note.
 */

/*
 * Writes TRACE/ID.json (mode 0600): the container was made through kinc-crun,
 * and what was changed for it. Appends the same to the log when something was.
 */
void trace_created(const struct config *config, const char *id, const struct report *report);

/* Only the line in the log, for an exec whose process was changed. */
void trace_executed(const struct config *config, const char *id, const struct report *report);

/* Removes TRACE/ID.json. */
void trace_deleted(const struct config *config, const char *id);

/* Appends one line to the file: O_NOFOLLOW, made with mode 0600. */
int trace_append(const char *path, const char *line, size_t size);

/* "2026-01-02T03:04:05.123456Z", as crun writes it. */
void trace_timestamp(char text[static 40]);

#endif
