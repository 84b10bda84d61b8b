/* SPDX-License-Identifier: MIT */
#include "controllers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_position.h"
#include "cleanup.h"
#include "io.h"
#include "podman.h"

enum { CONTROLLERS_FILE_MAX = 1 << 16 };

void controllers_manager(char path[160], const char *file)
{
	snprintf(path, 160, "/sys/fs/cgroup/user.slice/user-%u.slice/user@%u.service/%s", getuid(),
		 getuid(), file);
}

/* Without systemd it is the leaf's parent in a ground. */
int controllers_read(char **ret)
{
	cleanup_free char *text = NULL;
	char path[600];

	controllers_manager(path, "cgroup.controllers");
	if (podman_systemd_booted() && access(path, R_OK) == 0)
		return kinc_read_file(AT_FDCWD, path, CONTROLLERS_FILE_MAX, ret, NULL, NULL);
	if (kinc_read_file(AT_FDCWD, "/proc/self/cgroup", CONTROLLERS_FILE_MAX, &text, NULL, NULL) <
	    0)
		return -ENOENT;
	cleanup_free char *position = cgroup_position_parse(text);
	char *leaf = position ? strrchr(position, '/') : NULL;
	if (!leaf)
		return -ENOENT;
	*leaf = '\0';
	snprintf(path, sizeof(path), "/sys/fs/cgroup%.500s/cgroup.controllers", position);
	return kinc_read_file(AT_FDCWD, path, CONTROLLERS_FILE_MAX, ret, NULL, NULL);
}

bool controllers_have(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += length)
		if ((at == list || at[-1] == ' ') && strchr(" \n", at[length]))
			return true;
	return false;
}
