/* SPDX-License-Identifier: MIT */
#include "sender.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "cleanup.h"
#include "io.h"

#define PROC_MAX ((size_t)1 << 20)

bool sender_path_is_in_unit(const char *cgroups, const char *root, const char *unit)
{
	/* "0::PATH" is the line of cgroup v2, among those of v1. */
	const char *line = strncmp(cgroups, "0::", 3) == 0 ? cgroups : strstr(cgroups, "\n0::");
	char wanted[400];

	if (!line)
		return false;
	line += *line == '\n' ? 4 : 3;
	int length = snprintf(wanted, sizeof(wanted), "%s%s/%s", strcmp(root, "/") == 0 ? "" : root,
			      &CGROUP_UNITS[sizeof(CGROUP_ROOT) - 1], unit);
	return length > 0 && (size_t)length < sizeof(wanted) &&
	       strncmp(line, wanted, (size_t)length) == 0 &&
	       (line[length] == '\n' || line[length] == '/' || line[length] == '\0');
}

/* The last mount of it counts: ID PARENT MAJOR:MINOR ROOT MOUNTPOINT ... */
static bool find_root(char *root)
{
	cleanup_free char *text = NULL;
	char at[200], found[200];
	bool any = false;

	if (kinc_read_file(AT_FDCWD, "/proc/self/mountinfo", PROC_MAX, &text, NULL, NULL) < 0)
		return false;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%*s %*s %*s %199s %199s", found, at) != 2 ||
		    strcmp(at, CGROUP_ROOT) != 0)
			continue;
		memcpy(root, found, sizeof(found));
		any = true;
	}
	return any;
}

bool sender_is_in_unit(pid_t pid, const char *unit)
{
	cleanup_free char *text = NULL;
	char path[64], root[200];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	return pid > 0 && find_root(root) &&
	       kinc_read_file(AT_FDCWD, path, PROC_MAX, &text, NULL, NULL) == 0 &&
	       sender_path_is_in_unit(text, root, unit);
}
