/* SPDX-License-Identifier: MIT */
#include "identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cleanup.h"

static bool is_number(const char *text, unsigned *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	unsigned long value = strtoul(text, &end, 10);
	if (*end || value >= UINT32_MAX)
		return false;
	*ret = (unsigned)value;
	return true;
}

/* The user's entry in /etc/passwd; false when there is none. */
static bool find_user(const char *name, struct identity *identity)
{
	cleanup_file FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry;
	unsigned number = 0;
	bool numeric = is_number(name, &number);

	while (file && (entry = fgetpwent(file))) {
		if (numeric ? entry->pw_uid != number : strcmp(entry->pw_name, name) != 0)
			continue;
		identity->uid = entry->pw_uid;
		identity->gid = entry->pw_gid;
		identity->has_group = true;
		snprintf(identity->name, sizeof(identity->name), "%s", entry->pw_name);
		snprintf(identity->home, sizeof(identity->home), "%s", entry->pw_dir);
		snprintf(identity->shell, sizeof(identity->shell), "%s", entry->pw_shell);
		return true;
	}
	identity->uid = number;
	return false;
}

static int take_user(const struct process_spec *spec, struct identity *identity,
		     struct kinc_error *err)
{
	unsigned number;

	identity->has_user = true;
	if (find_user(spec->user, identity))
		return 0;
	if (!is_number(spec->user, &number))
		return kinc_error_set(err, ENOENT, "there is no user \"%s\" in /etc/passwd",
				      spec->user);
	return spec->group ? 0
			   : kinc_error_set(err, ENOENT,
					    "user %s is not in /etc/passwd, so the unit must give "
					    "its \"group\" too",
					    spec->user);
}

static int find_group(const char *name, gid_t *ret, struct kinc_error *err)
{
	unsigned number = 0;
	bool numeric = is_number(name, &number), found = false;
	cleanup_file FILE *file = numeric ? NULL : fopen("/etc/group", "re");
	const struct group *entry;

	*ret = number;
	while (file && !found && (entry = fgetgrent(file))) {
		found = strcmp(entry->gr_name, name) == 0;
		*ret = entry->gr_gid;
	}
	return numeric || found
		       ? 0
		       : kinc_error_set(err, ENOENT, "there is no group \"%s\" in /etc/group", name);
}

static int add_group(struct identity *identity, gid_t gid, struct kinc_error *err)
{
	if (identity->group_count == IDENTITY_GROUPS_MAX)
		return kinc_error_set(err, E2BIG, "more than %d groups", IDENTITY_GROUPS_MAX);
	identity->groups[identity->group_count++] = gid;
	return 0;
}

/* Those of /etc/group that list the user. */
static int find_memberships(struct identity *identity, struct kinc_error *err)
{
	cleanup_file FILE *file = fopen("/etc/group", "re");
	const struct group *entry;
	int result = 0;

	while (file && result == 0 && (entry = fgetgrent(file)))
		for (char **member = entry->gr_mem; *member && result == 0; member++)
			if (strcmp(*member, identity->name) == 0)
				result = add_group(identity, entry->gr_gid, err);
	return result;
}

int identity_find(const struct process_spec *spec, struct identity *ret, struct kinc_error *err)
{
	int result = 0;

	*ret = (struct identity){.has_groups = spec->user || spec->groups.items};
	if (spec->user)
		result = take_user(spec, ret, err);
	if (spec->group && result == 0) {
		result = find_group(spec->group, &ret->gid, err);
		ret->has_group = true;
	}
	if (ret->name[0] && !spec->groups.items && result == 0)
		result = find_memberships(ret, err);
	for (size_t i = 0; spec->groups.items && i < spec->groups.count && result == 0; i++) {
		gid_t gid;
		result = find_group(spec->groups.items[i], &gid, err);
		if (result == 0)
			result = add_group(ret, gid, err);
	}
	return result;
}

int identity_assume(const struct identity *identity, struct kinc_error *err)
{
	if (identity->has_groups && setgroups(identity->group_count, identity->groups) < 0)
		return kinc_error_errno(err, errno, "cannot take the unit's groups");
	if (identity->has_group && setresgid(identity->gid, identity->gid, identity->gid) < 0)
		return kinc_error_errno(err, errno, "cannot become group %u", identity->gid);
	if (!identity->has_user)
		return 0;
	/* Ambient capabilities and a filter are set afterwards; execve ends the rest. */
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (setresuid(identity->uid, identity->uid, identity->uid) < 0)
		return kinc_error_errno(err, errno, "cannot become user %u", identity->uid);
	return 0;
}

static bool is_set(char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return true;
	return false;
}

char *const *identity_environment(const struct identity *identity, char *const *environment)
{
	const struct {
		const char *name, *value;
	} own[] = {{"HOME", identity->home},
		   {"SHELL", identity->shell},
		   {"USER", identity->name},
		   {"LOGNAME", identity->name}};
	const size_t own_count = sizeof(own) / sizeof(own[0]);
	size_t count = 0;

	while (environment[count])
		count++;
	char **all = calloc(count + own_count + 1, sizeof(*all));
	if (!all)
		return environment;
	memcpy(all, environment, count * sizeof(*all));
	for (size_t i = 0; i < own_count; i++) {
		char *line;
		if (*own[i].value && !is_set(environment, own[i].name) &&
		    asprintf(&line, "%s=%s", own[i].name, own[i].value) > 0)
			all[count++] = line;
	}
	return all;
}
