/* SPDX-License-Identifier: MIT */
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "environment.h"
#include "io.h"

enum { SUBID_FILE_MAX = 1 << 20 };

void user_release(struct user *user)
{
	free(user->name);
	free(user->home);
	free(user->shell);
	*user = (struct user){0};
}

static bool name_is_usual(const char *name)
{
	return *name && *name != '-' && strlen(name) <= 32 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
		       strlen(name);
}

static FILE *open_below(const char *root, const char *path)
{
	cleanup_free char *full = NULL;

	if (asprintf(&full, "%s%s", root, path) < 0) {
		full = NULL;
		return NULL;
	}
	return fopen(full, "re");
}

static struct passwd *find_passwd(const char *name, const char *root)
{
	struct passwd *entry = NULL;

	if (!root)
		return getpwnam(name); /* NOLINT: one thread */
	cleanup_file FILE *file = open_below(root, "/etc/passwd");
	if (!file)
		return NULL;
	while ((entry = fgetpwent(file)))
		if (strcmp(entry->pw_name, name) == 0)
			return entry;
	return NULL;
}

static void find_groups(struct user *user, const char *name, const char *root)
{
	const struct group *entry;

	if (!root) {
		user->group_count = USER_GROUPS_MAX;
		if (getgrouplist(name, user->gid, user->groups, &user->group_count) < 0)
			user->group_count = USER_GROUPS_MAX;
		return;
	}
	user->groups[user->group_count++] = user->gid;
	FILE *file = open_below(root, "/etc/group");
	while (file && user->group_count < USER_GROUPS_MAX && (entry = fgetgrent(file)))
		for (char **member = entry->gr_mem; *member; member++)
			if (strcmp(*member, name) == 0 && user->group_count < USER_GROUPS_MAX)
				user->groups[user->group_count++] = entry->gr_gid;
	if (file)
		fclose(file);
}

static int fill(struct user *user, const struct passwd *entry, const char *root)
{
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
	find_groups(user, entry->pw_name, root);
	user->name = strdup(entry->pw_name);
	user->home = strdup(entry->pw_dir);
	user->shell = strdup(entry->pw_shell && *entry->pw_shell ? entry->pw_shell : "/bin/bash");
	return user->name && user->home && user->shell ? 0 : -ENOMEM;
}

int user_lookup(const char *name, const char *root, struct user *ret, struct kinc_error *err)
{
	struct user user = {0};

	if (!name_is_usual(name))
		return kinc_error_set(err, EINVAL, "\"%s\" is not a user name", name);
	const struct passwd *entry = find_passwd(name, root);
	if (!entry)
		return kinc_error_set(err, ENOENT,
				      "no user %s%s%s: create one with `useradd --create-home %s`",
				      name, root ? " in " : "", root ? root : "", name);
	if (entry->pw_uid == 0)
		return kinc_error_set(err, EINVAL,
				      "%s is root: clusters belong to an ordinary user", name);
	if (fill(&user, entry, root) < 0) {
		user_release(&user);
		return kinc_error_errno(err, ENOMEM, "looking up %s", name);
	}
	*ret = user;
	return 0;
}

unsigned long user_count_subids(const char *text, const char *name, uid_t uid)
{
	char number[16];
	unsigned long total = 0;

	snprintf(number, sizeof(number), "%u", uid);
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t owner = strcspn(line, ":\n");
		unsigned long start, count;
		if (line[owner] != ':')
			continue;
		if ((owner != strlen(name) || strncmp(line, name, owner) != 0) &&
		    (owner != strlen(number) || strncmp(line, number, owner) != 0))
			continue;
		char *end = NULL;
		start = strtoul(line + owner + 1, &end, 10);
		if (*end != ':' || start == 0)
			continue;
		count = strtoul(end + 1, &end, 10);
		if ((*end == '\n' || !*end) && count <= UINT32_MAX)
			total += count;
	}
	return total;
}

unsigned long user_free_subids(const char *text)
{
	unsigned long first = 100000;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t owner = strcspn(line, ":\n");
		char *end = NULL;
		unsigned long start = line[owner] == ':' ? strtoul(line + owner + 1, &end, 10) : 0;
		unsigned long count = end && *end == ':' ? strtoul(end + 1, NULL, 10) : 0;
		if (start < UINT32_MAX && count < UINT32_MAX && start + count > first)
			first = start + count;
	}
	return first;
}

int user_check_subids(const char *root, const char *name, uid_t uid, struct kinc_error *err)
{
	static const char *const files[] = {"/etc/subuid", "/etc/subgid"};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		cleanup_free char *path = NULL;
		cleanup_free char *text = NULL;
		if (asprintf(&path, "%s%s", root, files[i]) < 0) {
			path = NULL;
			return kinc_error_errno(err, ENOMEM, "%s", files[i]);
		}
		if (kinc_read_file(AT_FDCWD, path, SUBID_FILE_MAX, &text, NULL, NULL) == 0 &&
		    user_count_subids(text, name, uid) >= USER_SUBIDS)
			continue;
		return kinc_error_set(err, ENOENT,
				      "%s has fewer than %d ids for %s: as root, `usermod "
				      "--add-subuids 100000-165535 --add-subgids 100000-165535 %s`",
				      path, USER_SUBIDS, name, name);
	}
	return 0;
}

static void raise_soft_limits(void)
{
	static const int limits[] = {RLIMIT_NOFILE, RLIMIT_NPROC};

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct rlimit limit;
		if (getrlimit(limits[i], &limit) < 0)
			continue;
		limit.rlim_cur = limit.rlim_max;
		setrlimit(limits[i], &limit);
	}
}

int user_become(const struct user *user, const char *runtime_dir, struct kinc_error *err)
{
	raise_soft_limits();
	/* What is left of root's environment, a bus or a session, is not the user's. */
	environment_reduce();
	if (setgroups((size_t)user->group_count, user->groups) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return kinc_error_errno(err, errno, "cannot become %s", user->name);
	if (setenv("HOME", user->home, 1) < 0 || setenv("USER", user->name, 1) < 0 ||
	    setenv("LOGNAME", user->name, 1) < 0 || setenv("SHELL", user->shell, 1) < 0 ||
	    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1) < 0 ||
	    setenv("XDG_RUNTIME_DIR", runtime_dir, 1) < 0)
		return kinc_error_errno(err, errno, "environment of %s", user->name);
	umask(022);
	return 0;
}
