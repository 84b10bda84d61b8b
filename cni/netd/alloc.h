/* SPDX-License-Identifier: MIT */
#ifndef NETD_ALLOC_H
#define NETD_ALLOC_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

/*
 * Memory or the end. The rules stay in the kernel when kincnetd ends, and
 * kinc-init starts it again: to go on with half of an update would be worse.
 */
static inline void *alloc_must(void *memory)
{
	static const char sentence[] = "kincnetd: out of memory\n";

	if (memory)
		return memory;
	(void)!write(STDERR_FILENO, sentence, sizeof(sentence) - 1);
	_exit(KINC_EXIT_SYSTEM);
}

/* Zeroed. */
static inline void *alloc(size_t count, size_t size)
{
	return alloc_must(calloc(count ? count : 1, size));
}

static inline char *alloc_text(const char *text)
{
	return alloc_must(strdup(text));
}

/* Room for one more of count elements of that size. */
static inline void *alloc_grow(void *list, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return list;
	*capacity = *capacity ? *capacity * 2 : 8;
	return alloc_must(reallocarray(list, *capacity, size));
}

/* A stream into memory: *text is valid after fclose. */
static inline FILE *alloc_stream(char **text, size_t *size)
{
	return alloc_must(open_memstream(text, size));
}

#endif
