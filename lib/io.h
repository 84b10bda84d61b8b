/* SPDX-License-Identifier: MIT */
#ifndef KINC_IO_H
#define KINC_IO_H

#include <stddef.h>
#include <sys/types.h>

#include "error.h"

/*
 * Reads a whole file (regular, pseudo or a pipe) of at most max bytes.
 * *ret_data is NUL-terminated beyond its *ret_size bytes and the caller's to
 * free; ret_size may be NULL. EFBIG when there is more than max.
 */
int kinc_read_file(int dirfd, const char *path, size_t max, char **ret_data, size_t *ret_size,
		   struct kinc_error *err);

/* The same from an open descriptor, which stays open. name is for messages. */
int kinc_read_fd(int fd, const char *name, size_t max, char **ret_data, size_t *ret_size,
		 struct kinc_error *err);

/* Writes all of data, going on after short writes and EINTR. */
int kinc_write_all(int fd, const void *data, size_t size, struct kinc_error *err);

/*
 * Replaces path by a file of that content and mode: written beside it,
 * fsynced, renamed, so that readers and crashes see the old or the new file
 * and nothing between.
 */
int kinc_write_file_atomic(const char *path, const void *data, size_t size, mode_t mode,
			   struct kinc_error *err);

/* Writes text by one write(2) to an existing file: for /proc and cgroupfs. */
int kinc_write_existing(int dirfd, const char *path, const char *text, struct kinc_error *err);

/* Makes path and its missing parents; an existing directory is success. */
int kinc_make_directories(const char *path, mode_t mode, struct kinc_error *err);

/*
 * Opens path (made with mode 0600) and takes an exclusive flock(2) on it,
 * waiting for another holder. Returns the descriptor; closing it unlocks.
 */
int kinc_lock_file(const char *path, struct kinc_error *err);

#endif
