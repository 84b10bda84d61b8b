/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "kubeconfig.h"

enum { FILE_MAX = 4 << 20, LOCK_TRIES = 50, LOCK_PAUSE_MS = 100 };

static int default_path(char path[CLUSTER_PATH_MAX], struct kinc_error *err)
{
	const char *home = getenv("HOME");

	if (!home || *home != '/' ||
	    snprintf(path, CLUSTER_PATH_MAX, "%s/.kube/config", home) >= CLUSTER_PATH_MAX)
		return kinc_error_set(err, ENOENT, "HOME is not set, or too long");
	return 0;
}

/* Takes the next path of KUBECONFIG's list; false at its end. Empty ones do not count. */
static bool next_path(const char **list, char path[CLUSTER_PATH_MAX])
{
	while (**list) {
		size_t length = strcspn(*list, ":");
		bool fits = length > 0 && length < CLUSTER_PATH_MAX;
		if (fits)
			snprintf(path, CLUSTER_PATH_MAX, "%.*s", (int)length, *list);
		*list += length;
		*list += **list == ':';
		if (fits)
			return true;
	}
	return false;
}

/* As kubectl chooses the file that gets what is new. */
static int choose_path(char path[CLUSTER_PATH_MAX], struct kinc_error *err)
{
	const char *list = getenv("KUBECONFIG");
	bool any = false;

	while (list && next_path(&list, path)) {
		any = true;
		if (access(path, F_OK) == 0)
			return 0;
	}
	return any ? 0 : default_path(path, err);
}

/* kubectl makes this file, and removes it, around each write. */
static int lock(const char *path, char lock_path[PATH_MAX + 8], struct kinc_error *err)
{
	snprintf(lock_path, PATH_MAX + 8, "%s.lock", path);
	for (int try = 0; try < LOCK_TRIES; try++) {
		const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
		cleanup_close int fd = open(lock_path, O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			return 0;
		if (errno != EEXIST)
			return kinc_error_errno(err, errno, "cannot lock %s", path);
		nanosleep(&pause, NULL);
	}
	return kinc_error_set(err, EBUSY,
			      "%s is locked: remove %s if no kubectl is changing it right now",
			      path, lock_path);
}

/* Own NULL: take it out. *path may be a symbolic link: what it names is changed. */
static int change_locked(const char *path, const char *label, const char *own,
			 struct kinc_error *err)
{
	cleanup_free char *before = NULL;
	cleanup_free char *after = NULL;
	size_t size = 0;
	int result = 0;

	if (access(path, F_OK) == 0)
		result = kinc_read_file(AT_FDCWD, path, FILE_MAX, &before, &size, err);
	else
		before = own ? strdup("") : NULL;
	if (result < 0 || !before)
		return result;
	if (strlen(before) < size)
		return kinc_error_set(err, EPROTO, "line 1: not UTF-8 text");
	result = own ? kubeconfig_merge(before, own, label, &after, err)
		     : kubeconfig_unmerge(before, label, &after, err);
	if (result < 0 || strcmp(before, after) == 0)
		return result;
	if (!own && strcmp(after, KUBECONFIG_FRESH) == 0)
		return unlink(path) == 0 ? 0 : kinc_error_errno(err, errno, "cannot remove it");
	return kinc_write_file_atomic(path, after, strlen(after), 0600, err);
}

/* Whatever state it is in, there may be something of ours in it. */
static bool mentions(const char *path, const char *label)
{
	cleanup_free char *text = NULL;

	return kinc_read_file(AT_FDCWD, path, FILE_MAX, &text, NULL, NULL) < 0 ||
	       strstr(text, label);
}

static int change(const char *path, const char *name, const char *own, struct kinc_error *err)
{
	char resolved[PATH_MAX], lock_path[PATH_MAX + 8], label[CLUSTER_TEXT_MAX];

	snprintf(label, sizeof(label), "kinc-%.*s", CLUSTER_NAME_MAX, name);
	if (!realpath(path, resolved)) {
		if (!own)
			return 0;
		snprintf(resolved, sizeof(resolved), "%s", path);
		char *slash = strrchr(resolved, '/');
		if (slash && slash > resolved) {
			*slash = '\0';
			int made = kinc_make_directories(resolved, 0700, err);
			if (made < 0)
				return made;
			*slash = '/';
		}
	}
	if (!own && !mentions(resolved, label))
		return 0;
	int result = lock(resolved, lock_path, err);
	if (result < 0)
		return result;
	result = change_locked(resolved, label, own, err);
	unlink(lock_path);
	return result < 0 ? kinc_error_prefix(err, "%s", path) : 0;
}

int kubeconfig_file_merge(const char *name, const char *own, char path[CLUSTER_PATH_MAX],
			  struct kinc_error *err)
{
	char resolved[PATH_MAX];
	int result = choose_path(path, err);

	if (result == 0)
		result = change(path, name, own, err);
	/* To be found again from another working directory. */
	if (result == 0 && realpath(path, resolved) && strlen(resolved) < CLUSTER_PATH_MAX)
		memcpy(path, resolved, strlen(resolved) + 1);
	return result;
}

/* What the cluster's own file tells about the last merge. */
static bool merged_path(const char *name, char path[CLUSTER_PATH_MAX])
{
	static const char mark[] = KUBECONFIG_MERGED_MARK;
	char own[CLUSTER_PATH_MAX];
	cleanup_free char *text = NULL;

	if (cluster_kubeconfig(name, own, NULL) < 0 ||
	    kinc_read_file(AT_FDCWD, own, FILE_MAX, &text, NULL, NULL) < 0 ||
	    strncmp(text, mark, sizeof(mark) - 1) != 0)
		return false;
	const char *begin = text + sizeof(mark) - 1;
	return snprintf(path, CLUSTER_PATH_MAX, "%.*s", (int)strcspn(begin, "\n"), begin) <
	       CLUSTER_PATH_MAX;
}

int kubeconfig_file_unmerge(const char *name, struct kinc_error *err)
{
	const char *list = getenv("KUBECONFIG");
	char path[CLUSTER_PATH_MAX];
	int first = 0;

	if (merged_path(name, path))
		first = change(path, name, NULL, err);
	while (list && next_path(&list, path)) {
		int result = change(path, name, NULL, first ? NULL : err);
		first = first ? first : result;
	}
	if (default_path(path, NULL) == 0) {
		int result = change(path, name, NULL, first ? NULL : err);
		first = first ? first : result;
	}
	return first;
}
