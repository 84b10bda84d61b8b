/* SPDX-License-Identifier: MIT */
#include "delegation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "cgroup_position.h"
#include "cleanup.h"
#include "io.h"

enum { CGROUP_FILE_MAX = 1 << 16, GONE_WAIT_MS = 10000, DEPTH_MAX = 64 };

int delegation_open_tree(struct kinc_error *err)
{
	cleanup_close int context = fsopen("cgroup2", FSOPEN_CLOEXEC);

	if (context < 0)
		return kinc_error_errno(err, errno, "this kernel offers no cgroup v2 to mount");
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return kinc_error_errno(err, errno, "cannot open the cgroup v2 tree");
	int tree = fsmount(context, FSMOUNT_CLOEXEC,
			   MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (tree < 0)
		return kinc_error_errno(err, errno, "cannot open the cgroup v2 tree");
	return tree;
}

int delegation_mount(int tree, struct kinc_error *err)
{
	static const char target[] = "/sys/fs/cgroup";
	struct statfs status;

	if (statfs(target, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC)
		return 0;
	/*
	 * The v1 hierarchies go from this namespace, not only from sight: crun
	 * and kubelet read mountinfo.
	 */
	umount2(target, MNT_DETACH);
	if (move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return kinc_error_errno(err, errno, "cannot mount cgroup v2 at %s", target);
	return 0;
}

static int own_position(char **ret, struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	int result =
		kinc_read_file(AT_FDCWD, "/proc/self/cgroup", CGROUP_FILE_MAX, &text, NULL, err);

	if (result < 0)
		return result;
	*ret = cgroup_position_parse(text);
	if (!*ret)
		return kinc_error_set(err, ENOENT, "/proc/self/cgroup names no cgroup v2 position");
	return 0;
}

/* Paths in the tree are absolute in their own terms; openat wants them not. */
static const char *relative(const char *path)
{
	path += strspn(path, "/");
	return *path ? path : ".";
}

static int open_cgroup(int tree, const char *path)
{
	return openat(tree, relative(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += length)
		if ((at == words || at[-1] == ' ') && strchr(" \n", at[length]))
			return true;
	return false;
}

/*
 * One by one: a joint write fails as a whole when one controller is refused.
 * What pods are limited by, and no more: the parent may be the machine's root.
 * changed becomes what was off before.
 */
static void enable_controllers(int directory, char changed[DELEGATION_ENABLED_MAX])
{
	static const char *const wanted[] = {"cpuset", "cpu", "io", "memory", "pids"};
	cleanup_free char *offered = NULL;
	cleanup_free char *enabled = NULL;
	size_t used = 0;

	changed[0] = '\0';
	if (kinc_read_file(directory, "cgroup.controllers", CGROUP_FILE_MAX, &offered, NULL, NULL) <
		    0 ||
	    kinc_read_file(directory, "cgroup.subtree_control", CGROUP_FILE_MAX, &enabled, NULL,
			   NULL) < 0)
		return;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		char word[16];
		if (!has_word(offered, wanted[i]) || has_word(enabled, wanted[i]))
			continue;
		snprintf(word, sizeof(word), "+%s", wanted[i]);
		if (kinc_write_existing(directory, "cgroup.subtree_control", word, NULL) < 0)
			continue;
		used += (size_t)snprintf(changed + used, DELEGATION_ENABLED_MAX - used, "%s%s",
					 used ? " " : "", wanted[i]);
	}
}

static int give(int directory, const char *name, uid_t uid, gid_t gid, struct kinc_error *err)
{
	static const char *const files[] = {"cgroup.procs", "cgroup.subtree_control",
					    "cgroup.threads"};

	if (fchown(directory, uid, gid) < 0)
		return kinc_error_errno(err, errno, "cannot give cgroup %s away", name);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (fchownat(directory, files[i], uid, gid, 0) < 0)
			return kinc_error_errno(err, errno, "cannot give %s/%s away", name,
						files[i]);
	return 0;
}

static int make_leaf(int directory, const char *name, uid_t uid, gid_t gid, struct kinc_error *err)
{
	if (mkdirat(directory, "init", 0755) < 0)
		return kinc_error_errno(err, errno, "cannot make cgroup %s/init", name);
	cleanup_close int leaf = open_cgroup(directory, "init");
	if (leaf < 0)
		return kinc_error_errno(err, errno, "cannot open cgroup %s/init", name);
	return give(leaf, name, uid, gid, err);
}

int delegation_make(int tree, const char *name, uid_t uid, gid_t gid, char **ret_path,
		    char enabled[DELEGATION_ENABLED_MAX], struct kinc_error *err)
{
	cleanup_free char *position = NULL;
	cleanup_free char *path = NULL;
	int result = own_position(&position, err);

	if (result < 0)
		return result;
	cleanup_close int parent = open_cgroup(tree, position);
	if (parent < 0)
		return kinc_error_errno(err, errno, "cannot open cgroup %s", position);
	if (asprintf(&path, "%s/%s", strcmp(position, "/") == 0 ? "" : position, name) < 0) {
		path = NULL;
		return kinc_error_errno(err, ENOMEM, "cgroup of %s", name);
	}
	if (mkdirat(parent, name, 0755) < 0)
		return kinc_error_errno(err, errno, "cannot make cgroup %s", path);
	enable_controllers(parent, enabled);
	cleanup_close int directory = open_cgroup(tree, path);
	if (directory < 0)
		result = kinc_error_errno(err, errno, "cannot open cgroup %s", path);
	if (result == 0)
		result = give(directory, path, uid, gid, err);
	if (result == 0)
		result = make_leaf(directory, path, uid, gid, err);
	if (result < 0) {
		(void)delegation_remove(tree, path, NULL);
		return result;
	}
	char ignored[DELEGATION_ENABLED_MAX];
	enable_controllers(directory, ignored);
	*ret_path = steal_ptr(&path);
	return 0;
}

int delegation_join(int tree, const char *path, struct kinc_error *err)
{
	cleanup_free char *leaf = NULL;

	if (asprintf(&leaf, "%s/init/cgroup.procs", relative(path)) < 0) {
		leaf = NULL;
		return kinc_error_errno(err, ENOMEM, "cgroup %s", path);
	}
	return kinc_write_existing(tree, leaf, "0", err);
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* cgroup.events signals POLLPRI when "populated" changes. */
static int wait_empty(int directory, const char *path, struct kinc_error *err)
{
	cleanup_close int events = openat(directory, "cgroup.events", O_RDONLY | O_CLOEXEC);
	long deadline = now_ms() + GONE_WAIT_MS;

	if (events < 0)
		return kinc_error_errno(err, errno, "cannot watch cgroup %s", path);
	for (;;) {
		char text[256] = "";
		long left = deadline - now_ms();
		if (pread(events, text, sizeof(text) - 1, 0) < 0)
			return kinc_error_errno(err, errno, "cannot watch cgroup %s", path);
		if (strstr(text, "populated 0"))
			return 0;
		if (left <= 0)
			return kinc_error_set(err, EBUSY, "processes in cgroup %s survive SIGKILL",
					      path);
		(void)poll(&(struct pollfd){.fd = events, .events = POLLPRI}, 1,
			   left < 200 ? (int)left : 200);
	}
}

/* Children first; cgroupfs has no symlinks, so depth is the only bound. */
static int remove_below(int directory, int depth)
{
	const struct dirent *entry;
	int result = 0;

	if (depth > DEPTH_MAX)
		return -ELOOP;
	int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = copy < 0 ? NULL : fdopendir(copy);
	if (!list) {
		result = -errno;
		if (copy >= 0)
			close(copy);
		return result;
	}
	while (result == 0 && (entry = readdir(list))) {
		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		cleanup_close int child = open_cgroup(directory, entry->d_name);
		if (child >= 0)
			result = remove_below(child, depth + 1);
		if (result == 0 && unlinkat(directory, entry->d_name, AT_REMOVEDIR) < 0 &&
		    errno != ENOENT)
			result = -errno;
	}
	closedir(list);
	return result;
}

int delegation_remove(int tree, const char *path, struct kinc_error *err)
{
	cleanup_close int directory = open_cgroup(tree, path);

	if (strcmp(relative(path), ".") == 0)
		return kinc_error_set(err, EINVAL, "refusing to remove the root cgroup");
	if (directory < 0 && errno == ENOENT)
		return 0;
	if (directory < 0)
		return kinc_error_errno(err, errno, "cannot open cgroup %s", path);
	int result = kinc_write_existing(directory, "cgroup.kill", "1", err);
	if (result == 0)
		result = wait_empty(directory, path, err);
	if (result < 0)
		return result;
	result = remove_below(directory, 0);
	if (result == 0 && unlinkat(tree, relative(path), AT_REMOVEDIR) < 0 && errno != ENOENT)
		result = -errno;
	if (result < 0)
		return kinc_error_errno(err, -result, "cannot remove cgroup %s", path);
	return 0;
}

static bool has_sibling(int parent, const char *prefix)
{
	const struct dirent *entry;
	int copy = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = copy < 0 ? NULL : fdopendir(copy);
	bool found = false;

	if (!list) {
		if (copy >= 0)
			close(copy);
		return true;
	}
	while (!found && (entry = readdir(list)))
		found = strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	closedir(list);
	return found;
}

void delegation_withdraw(int tree, const char *path, const char *prefix, const char *enabled)
{
	char parent_path[512], words[DELEGATION_ENABLED_MAX];
	const char *end = strrchr(path, '/');
	char *rest = NULL;

	snprintf(words, sizeof(words), "%s", enabled);
	snprintf(parent_path, sizeof(parent_path), "%.*s", end ? (int)(end - path) : 0, path);
	cleanup_close int parent = open_cgroup(tree, parent_path);
	if (parent < 0 || has_sibling(parent, prefix))
		return;
	for (char *name = strtok_r(words, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
		char word[16];
		snprintf(word, sizeof(word), "-%s", name);
		(void)kinc_write_existing(parent, "cgroup.subtree_control", word, NULL);
	}
}
