/* SPDX-License-Identifier: MIT */
#ifndef INIT_STORY_H
#define INIT_STORY_H

#include <stdint.h>

/*
 * What `podman logs` shows: one line per thing that happened, with the time
 * since PID 1 started. Never blocks: a line for which stdout has no room is
 * dropped, and the number of those is told later.
 */
void story_begin(uint64_t started_us);
/* A line that a unit wrote, below the story of it. */
void story_quote(const char *who, const char *line);
void story_tell(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
