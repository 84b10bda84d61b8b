/* SPDX-License-Identifier: MIT */
#include "stamp_hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

#define DEPTH_MAX 64
#define LARGE ((off_t)1 << 20)
#define HEAD ((off_t)64 << 10)

static int add_file(struct kinc_sha256 *hash, int fd, off_t most, const char *path,
		    struct kinc_error *err)
{
	char data[16384];

	while (most != 0) {
		size_t part = most < 0 || most > (off_t)sizeof(data) ? sizeof(data) : (size_t)most;
		ssize_t got = read(fd, data, part);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return kinc_error_errno(err, errno, "cannot read %s", path);
		if (got == 0)
			break;
		kinc_sha256_add(hash, data, (size_t)got);
		if (most > 0)
			most -= got;
	}
	return 0;
}

static int add_path(struct kinc_sha256 *parent, int directory, const char *name, int depth,
		    const char *path, struct kinc_error *err);

static int is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_directory(struct kinc_sha256 *hash, int fd, int depth, const char *path,
			 struct kinc_error *err)
{
	struct dirent **entries = NULL;
	int result = 0;
	int count = depth < DEPTH_MAX ? scandirat(fd, ".", &entries, is_entry, by_bytes) : -1;

	if (count < 0)
		return kinc_error_errno(err, depth < DEPTH_MAX ? errno : ELOOP, "cannot read %s",
					path);
	for (int i = 0; i < count; i++) {
		kinc_sha256_add(hash, entries[i]->d_name, strlen(entries[i]->d_name) + 1);
		if (result == 0)
			result = add_path(hash, fd, entries[i]->d_name, depth + 1, path, err);
		free(entries[i]);
	}
	free(entries);
	return result;
}

static int add_link(struct kinc_sha256 *hash, int directory, const char *name, const char *path,
		    struct kinc_error *err)
{
	char target[4096];
	ssize_t size = readlinkat(directory, name, target, sizeof(target));

	if (size < 0)
		return kinc_error_errno(err, errno, "cannot read the link %s", path);
	kinc_sha256_add(hash, target, (size_t)size);
	return 0;
}

/* Adds the path's own hash to that of its directory, so that no two trees look alike. */
static int add_path(struct kinc_sha256 *parent, int directory, const char *name, int depth,
		    const char *path, struct kinc_error *err)
{
	struct kinc_sha256 hash;
	struct stat status;
	unsigned char own[KINC_SHA256_SIZE];
	const char *kind = "other";
	int result = 0;

	kinc_sha256_begin(&hash);
	if (fstatat(directory, name, &status, depth > 0 ? AT_SYMLINK_NOFOLLOW : 0) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return kinc_error_errno(err, errno, "cannot look at %s", path);
		kind = "missing";
	} else if (S_ISLNK(status.st_mode)) {
		kind = "link";
		result = add_link(&hash, directory, name, path, err);
	} else if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) {
		cleanup_close int fd = openat(directory, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			return kinc_error_errno(err, errno, "cannot open %s", path);
		kind = S_ISDIR(status.st_mode) ? "directory" : "file";
		result = S_ISDIR(status.st_mode) ? add_directory(&hash, fd, depth, path, err)
						 : add_file(&hash, fd, -1, path, err);
	}
	kinc_sha256_end(&hash, own);
	kinc_sha256_add(parent, kind, strlen(kind) + 1);
	kinc_sha256_add(parent, own, sizeof(own));
	return result;
}

int stamp_hash_path(const char *path, char result[KINC_SHA256_TEXT], struct kinc_error *err)
{
	struct kinc_sha256 hash;

	kinc_sha256_begin(&hash);
	int code = add_path(&hash, AT_FDCWD, path, 0, path, err);
	if (code == 0)
		kinc_sha256_end_text(&hash, result);
	return code;
}

static int open_program(const char *name, struct kinc_error *err)
{
	const char *at = getenv("PATH");
	char path[4096];

	if (strchr(name, '/')) {
		int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		return fd < 0 ? kinc_error_errno(err, errno, "cannot open %s", name) : fd;
	}
	for (at = at ? at : "/bin:/usr/bin"; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
		size_t length = strcspn(at, ":");
		if (snprintf(path, sizeof(path), "%.*s/%s", (int)length, at, name) >=
			    (int)sizeof(path) ||
		    access(path, X_OK) < 0)
			continue;
		int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	return kinc_error_set(err, ENOENT, "there is no %s in PATH", name);
}

int stamp_hash_program(const char *name, char result[KINC_SHA256_TEXT], struct kinc_error *err)
{
	struct kinc_sha256 hash;
	struct stat status;
	cleanup_close int fd = open_program(name, err);

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return kinc_error_errno(err, errno, "cannot look at %s", name);
	kinc_sha256_begin(&hash);
	if (status.st_size > LARGE) {
		kinc_sha256_add(&hash, &status.st_size, sizeof(status.st_size));
		kinc_sha256_add(&hash, &status.st_mtim.tv_sec, sizeof(status.st_mtim.tv_sec));
		kinc_sha256_add(&hash, &status.st_mtim.tv_nsec, sizeof(status.st_mtim.tv_nsec));
	}
	int code = add_file(&hash, fd, status.st_size > LARGE ? HEAD : -1, name, err);
	if (code == 0)
		kinc_sha256_end_text(&hash, result);
	return code;
}
