/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"

bool cgroup_mounted(void)
{
	struct statfs status;

	return statfs(CGROUP_ROOT, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

int cgroup_open(const char *unit, struct kinc_error *err)
{
	cleanup_free char *path = NULL;

	if (!cgroup_mounted())
		return kinc_error_set(err, ENOENT, "no cgroup v2 at " CGROUP_ROOT);
	if (asprintf(&path, CGROUP_UNITS "/%s", unit) < 0)
		return kinc_error_errno(err, ENOMEM, "cgroup of %s", unit);
	int result = kinc_make_directories(path, 0755, err);
	if (result < 0)
		return result;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 ? fd : kinc_error_errno(err, errno, "cannot open %s", path);
}

int cgroup_events_open(int cgroup)
{
	int fd = openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC);

	return fd >= 0 ? fd : -errno;
}

bool cgroup_events_populated(int events)
{
	char text[256];
	/* From offset 0 each time: that is what clears the pending EPOLLPRI. */
	ssize_t got = pread(events, text, sizeof(text) - 1, 0);

	if (got <= 0)
		return false;
	text[got] = '\0';
	return strstr(text, "populated 1") != NULL;
}

static void signal_each(int cgroup, int number)
{
	cleanup_free char *text = NULL;
	char *end;

	if (kinc_read_file(cgroup, "cgroup.procs", 1 << 20, &text, NULL, NULL) < 0)
		return;
	for (char *at = text; *at; at = *end ? end + 1 : end) {
		long pid = strtol(at, &end, 10);
		if (end == at)
			break;
		if (pid > 1 && pid != getpid())
			kill((pid_t)pid, number);
	}
}

void cgroup_signal(int cgroup, int number)
{
	/* cgroup.kill came with Linux 5.14 */
	if (number != SIGKILL || kinc_write_existing(cgroup, "cgroup.kill", "1", NULL) < 0)
		signal_each(cgroup, number);
}

void cgroup_remove(const char *unit)
{
	char path[256];

	if (snprintf(path, sizeof(path), CGROUP_UNITS "/%s", unit) < (int)sizeof(path))
		rmdir(path);
}
