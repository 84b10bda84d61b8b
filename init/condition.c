/* SPDX-License-Identifier: MIT */
#include "condition.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capability.h"
#include "cgroup.h"
#include "cleanup.h"
#include "expand.h"
#include "io.h"

/* One question about one text; if the answer is no, why is filled. */
typedef bool question(const char *text, char *why, size_t size);

static bool path_exists(const char *path, char *why, size_t size)
{
	if (access(path, F_OK) == 0)
		return true;
	snprintf(why, size, "there is no %s", path);
	return false;
}

static bool path_missing(const char *path, char *why, size_t size)
{
	if (access(path, F_OK) < 0)
		return true;
	snprintf(why, size, "%s is there already", path);
	return false;
}

static bool directory_not_empty(const char *path, char *why, size_t size)
{
	DIR *directory = opendir(path);

	if (!directory)
		return path_exists(path, why, size) &&
		       (snprintf(why, size, "%s is no directory", path), false);
	const struct dirent *entry;
	do {
		entry = readdir(directory);
	} while (entry && entry->d_name[0] == '.');
	if (!entry)
		snprintf(why, size, "%s is empty", path);
	closedir(directory);
	return entry;
}

static bool environment_has(const char *setting, char *why, size_t size)
{
	int length = (int)strcspn(setting, "=");
	char name[256];

	snprintf(name, sizeof(name), "%.*s", length, setting);
	const char *value = getenv(name);
	if (!value)
		snprintf(why, size, "%s is not in the environment", name);
	else if (setting[length] && strcmp(value, setting + length + 1) != 0)
		snprintf(why, size, "%s is \"%s\" in the environment, not \"%s\"", name, value,
			 setting + length + 1);
	else
		return true;
	return false;
}

static bool capability_held(const char *name, char *why, size_t size)
{
	cap_value_t value;

	if (cap_from_name(name, &value) < 0 || prctl(PR_CAPBSET_READ, value, 0, 0, 0) != 1) {
		snprintf(why, size, "%s is not in the bounding set", name);
		return false;
	}
	if (capability_permitted(value))
		return true;
	snprintf(why, size, "%s is not permitted to kinc-init", name);
	return false;
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (text += strspn(text, " \n"); *text; text += strspn(text, " \n")) {
		size_t found = strcspn(text, " \n");
		if (found == length && memcmp(text, word, length) == 0)
			return true;
		text += found;
	}
	return false;
}

static bool controller_there(const char *name, char *why, size_t size)
{
	cleanup_free char *there = NULL;

	if (kinc_read_file(AT_FDCWD, CGROUP_ROOT "/cgroup.controllers", 4096, &there, NULL, NULL) <
	    0) {
		snprintf(why, size, "no controller \"%s\": there is no cgroup v2 hierarchy", name);
		return false;
	}
	if (has_word(there, name))
		return true;
	there[strcspn(there, "\n")] = '\0';
	snprintf(why, size, "no controller \"%s\": %s%s", name,
		 *there ? "there are only " : "none is delegated", there);
	return false;
}

static bool is_mount(const char *path, char *why, size_t size)
{
	struct statx found;

	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW, STATX_TYPE, &found) < 0)
		snprintf(why, size, "%s is no mount point: %s", path, strerror(errno));
	else if (!(found.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		snprintf(why, size, "%s: this kernel does not tell mount points", path);
	else if (!(found.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		snprintf(why, size, "%s is no mount point", path);
	else
		return true;
	return false;
}

static bool all_hold(const struct strings *texts, question *ask, const struct variables *variables,
		     char *why, size_t size)
{
	for (size_t i = 0; i < texts->count; i++) {
		struct kinc_error err;
		cleanup_free char *text = expand_text(texts->items[i], variables, &err);
		if (!text) {
			snprintf(why, size, "%s", err.message);
			return false;
		}
		if (!ask(text, why, size))
			return false;
	}
	return true;
}

bool condition_holds(const struct condition_spec *condition, const struct variables *variables,
		     char *why, size_t size)
{
	const struct {
		const struct strings *texts;
		question *ask;
	} questions[] = {
		{&condition->path_exists, path_exists},
		{&condition->path_missing, path_missing},
		{&condition->directory_not_empty, directory_not_empty},
		{&condition->environment, environment_has},
		{&condition->capability, capability_held},
		{&condition->controller, controller_there},
		{&condition->mount, is_mount},
	};

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		if (!all_hold(questions[i].texts, questions[i].ask, variables, why, size))
			return false;
	return true;
}
