/* SPDX-License-Identifier: MIT */
#ifndef KINC_CLEANUP_H
#define KINC_CLEANUP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Scope-bound release. Each keeps errno, so that a function may return -errno
 * after its variables went out of scope. A descriptor variable that holds
 * nothing is -EBADF.
 */
#define cleanup_free __attribute__((cleanup(kinc_cleanup_free)))
#define cleanup_close __attribute__((cleanup(kinc_cleanup_close)))
#define cleanup_file __attribute__((cleanup(kinc_cleanup_file)))

static inline void kinc_cleanup_free(void *variable)
{
	int saved = errno;

	free(*(void **)variable);
	errno = saved;
}

static inline void kinc_cleanup_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void kinc_cleanup_file(FILE **file)
{
	int saved = errno;

	if (*file)
		fclose(*file);
	errno = saved;
}

/* Hands the value over and empties the variable. */
static inline int steal_fd(int *fd)
{
	int value = *fd;

	*fd = -EBADF;
	return value;
}

static inline void *steal_pointer(void *variable)
{
	void *value = *(void **)variable;

	*(void **)variable = NULL;
	return value;
}
#define steal_ptr(variable) ((__typeof__(*(variable)))steal_pointer(variable))

#endif
