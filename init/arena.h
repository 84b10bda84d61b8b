/* SPDX-License-Identifier: MIT */
#ifndef INIT_ARENA_H
#define INIT_ARENA_H

#include <stddef.h>

/*
 * Memory of one life time: what the units are made of is allocated while they
 * are loaded and stays until PID 1 ends. Zeroed = empty.
 */
struct arena {
	struct arena_chunk *chunks;
};

/* Zeroed memory, aligned for anything; NULL without memory. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const char *text);
char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void arena_free(struct arena *arena);

#endif
