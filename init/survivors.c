/* SPDX-License-Identifier: MIT */
#include "survivors.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"

/* The value of a line of /proc/PID/status, which proc(5) describes; "" when there is none. */
static const char *value_of(const char *status, const char *key)
{
	const char *line = strstr(status, key);

	if (!line)
		return "";
	line += strlen(key);
	return line + strspn(line, " \t");
}

/* Whatever a pod calls itself must not reach a terminal as it is. */
static void copy_name(const char *line, char ret[SURVIVOR_NAME_MAX])
{
	size_t length = 0;

	for (; line[length] && line[length] != '\n' && length < SURVIVOR_NAME_MAX - 1; length++)
		ret[length] = isgraph((unsigned char)line[length]) ? line[length] : '?';
	ret[length] = '\0';
}

/* False when it has gone, and when it is none of what is asked for. */
static bool look(const char *entry, pid_t except, struct survivor *ret)
{
	char path[300];
	cleanup_free char *text = NULL;

	*ret = (struct survivor){.pid = (pid_t)strtol(entry, NULL, 10)};
	if (ret->pid <= 1 || ret->pid == except)
		return false;
	snprintf(path, sizeof(path), "/proc/%s/status", entry);
	if (kinc_read_file(AT_FDCWD, path, 16384, &text, NULL, NULL) < 0 ||
	    *value_of(text, "\nState:") == 'Z')
		return false;
	copy_name(value_of(text, "Name:"), ret->name);
	ret->parent = (pid_t)strtol(value_of(text, "\nPPid:"), NULL, 10);
	if (ret->parent > 1 && ret->parent == except)
		return false;
	/* Its id in each namespace, ours first. */
	const char *ids = value_of(text, "\nNSpid:");
	const char *inner = ids + strcspn(ids, " \t\n");
	const char *end = ids + strcspn(ids, "\n");
	ret->nested = inner < end;
	ret->first = ret->nested && end[-1] == '1' && !isdigit((unsigned char)end[-2]);
	/* A signal that is blocked is kept, as for a signalfd. */
	unsigned long long heard = strtoull(value_of(text, "\nSigCgt:"), NULL, 16) |
				   strtoull(value_of(text, "\nSigBlk:"), NULL, 16);
	ret->hears = heard >> (SIGTERM - 1) & 1;
	return true;
}

size_t survivors_list(pid_t except, struct survivor ret[SURVIVORS_MAX])
{
	/* Only PID 1 may think that every process is its own. */
	DIR *proc = getpid() == 1 ? opendir("/proc") : NULL;
	const struct dirent *entry;
	size_t count = 0;

	while (proc && count < SURVIVORS_MAX && (entry = readdir(proc)))
		if (look(entry->d_name, except, &ret[count]))
			count++;
	if (proc)
		closedir(proc);
	return count;
}

static bool has_entered(const struct survivor *survivor, const struct survivor *all, size_t count)
{
	if (!survivor->nested || survivor->first)
		return false;
	for (size_t i = 0; i < count; i++)
		if (all[i].pid == survivor->parent)
			return !all[i].nested;
	return true;
}

bool survivor_is_deaf(const struct survivor *survivor, const struct survivor *all, size_t count)
{
	if (!survivor->first || survivor->hears || count == SURVIVORS_MAX)
		return false;
	/* All in a namespace descend from its init, but who has entered it, as an exec does. */
	for (size_t i = 0; i < count; i++)
		if ((all[i].nested && all[i].parent == survivor->pid) ||
		    has_entered(&all[i], all, count))
			return false;
	return true;
}
