/* SPDX-License-Identifier: MIT */
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

int kinc_read_fd(int fd, const char *name, size_t max, char **ret_data, size_t *ret_size,
		 struct kinc_error *err)
{
	cleanup_free char *data = NULL;
	size_t size = 0, room = 0;
	struct stat status;
	/* What it says of its size is a hint: files of /proc say 0. */
	bool sized = fstat(fd, &status) == 0 && status.st_size > 0 && (size_t)status.st_size <= max;

	for (;;) {
		if (size + 1 >= room) {
			room = room ? room * 2 : sized ? (size_t)status.st_size + 2 : 4096;
			char *larger = realloc(data, room);
			if (!larger)
				return kinc_error_errno(err, ENOMEM, "reading %s", name);
			data = larger;
		}
		ssize_t got = read(fd, data + size, room - size - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return kinc_error_errno(err, errno, "reading %s", name);
		if (got == 0)
			break;
		size += (size_t)got;
		if (size > max)
			return kinc_error_set(err, EFBIG, "%s is larger than %zu bytes", name, max);
	}
	data[size] = '\0';
	*ret_data = steal_ptr(&data);
	if (ret_size)
		*ret_size = size;
	return 0;
}

int kinc_read_file(int dirfd, const char *path, size_t max, char **ret_data, size_t *ret_size,
		   struct kinc_error *err)
{
	cleanup_close int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return kinc_error_errno(err, errno, "cannot open %s", path);
	return kinc_read_fd(fd, path, max, ret_data, ret_size, err);
}

int kinc_write_all(int fd, const void *data, size_t size, struct kinc_error *err)
{
	const char *at = data;

	while (size > 0) {
		ssize_t put = write(fd, at, size);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return kinc_error_errno(err, errno, "cannot write");
		at += put;
		size -= (size_t)put;
	}
	return 0;
}

int kinc_write_file_atomic(const char *path, const void *data, size_t size, mode_t mode,
			   struct kinc_error *err)
{
	cleanup_free char *beside = NULL;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0) {
		beside = NULL;
		return kinc_error_errno(err, ENOMEM, "writing %s", path);
	}
	cleanup_close int fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		return kinc_error_errno(err, errno, "cannot make %s", beside);

	int result = kinc_write_all(fd, data, size, err);
	if (result == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(beside, path) < 0))
		result = kinc_error_errno(err, errno, "cannot write %s", path);
	else if (result < 0)
		kinc_error_prefix(err, "%s", path);
	if (result < 0)
		unlink(beside);
	return result;
}

int kinc_write_existing(int dirfd, const char *path, const char *text, struct kinc_error *err)
{
	cleanup_close int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	size_t size = strlen(text);

	if (fd < 0)
		return kinc_error_errno(err, errno, "cannot open %s", path);
	ssize_t put = write(fd, text, size);
	if (put < 0)
		return kinc_error_errno(err, errno, "cannot write \"%s\" to %s", text, path);
	if ((size_t)put != size)
		return kinc_error_set(err, EIO, "%s took only part of \"%s\"", path, text);
	return 0;
}

/* Those above it, and it. */
static int make_each(const char *path, mode_t mode, struct kinc_error *err)
{
	cleanup_free char *copy = strdup(path);

	if (!copy)
		return kinc_error_errno(err, ENOMEM, "making %s", path);
	for (size_t at = 0;;) {
		at += strspn(copy + at, "/");
		at += strcspn(copy + at, "/");
		char separator = copy[at];
		copy[at] = '\0';
		if (*copy && mkdir(copy, mode) < 0 && errno != EEXIST)
			return kinc_error_errno(err, errno, "cannot make directory %s", copy);
		copy[at] = separator;
		if (!separator)
			return 0; /* NOLINT(clang-analyzer-unix.Malloc): copy has its cleanup */
	}
}

int kinc_make_directories(const char *path, mode_t mode, struct kinc_error *err)
{
	struct stat status;

	/* Mostly only the last one is missing, or none. */
	if (mkdir(path, mode) == 0)
		return 0;
	int result = errno == EEXIST ? 0 : make_each(path, mode, err);
	if (result < 0)
		return result;
	if (stat(path, &status) < 0)
		return kinc_error_errno(err, errno, "cannot make directory %s", path);
	if (!S_ISDIR(status.st_mode))
		return kinc_error_set(err, ENOTDIR, "%s exists and is not a directory", path);
	return 0;
}

int kinc_lock_file(const char *path, struct kinc_error *err)
{
	cleanup_close int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return kinc_error_errno(err, errno, "cannot open lock file %s", path);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return kinc_error_errno(err, errno, "cannot lock %s", path);
	return steal_fd(&fd);
}
