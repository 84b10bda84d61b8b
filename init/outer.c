/* SPDX-License-Identifier: MIT */
#include "outer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "manager.h"

#define AGAIN_MS 500

static int say(struct outer *outer, const char *text)
{
	return send(outer->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* "6/14 units stand; apiserver is starting", as one line. */
static void describe(const struct manager *manager, char *text, size_t size)
{
	const char *next = NULL, *doing = NULL;
	size_t stand = 0, total = 0;

	for (size_t i = 0; i < manager->units.count; i++) {
		const struct job *job = &manager->jobs[i];
		if (!job->unit->needed)
			continue;
		total++;
		stand += job_is_satisfied(job);
		if (!next && (job->state == JOB_STARTING || job->state == JOB_FAILED)) {
			next = job->unit->name;
			doing = job->state == JOB_FAILED ? "failed" : "is starting";
		}
	}
	snprintf(text, size, "%zu/%zu %s%s%.64s%s%s", stand, total,
		 boot_state_name(manager->state), next ? "; " : "", next ? next : "",
		 next ? " " : "", next ? doing : "");
}

void outer_update(struct manager *manager)
{
	struct outer *outer = &manager->outer;
	char status[sizeof(outer->status)], text[300];
	bool ready = manager->state == BOOT_READY || manager->state == BOOT_DEGRADED;

	if (outer->fd < 0)
		return;
	ready = (ready || outer->ready) && !manager->stopping;
	describe(manager, status, sizeof(status));
	if (strcmp(status, outer->status) == 0 && (outer->ready || !ready) &&
	    (outer->stopping || !manager->stopping))
		return;
	snprintf(text, sizeof(text), "%s%sSTATUS=%s\n", ready && !outer->ready ? "READY=1\n" : "",
		 manager->stopping && !outer->stopping ? "STOPPING=1\n" : "", status);
	if (say(outer, text) < 0) {
		if (!outer->again.armed)
			timer_set(&manager->loop, &outer->again, AGAIN_MS);
		return;
	}
	outer->ready = outer->ready || ready;
	outer->stopping = manager->stopping;
	memcpy(outer->status, status, sizeof(status));
}

static void again_fired(struct timer *timer)
{
	outer_update(container_of(timer, struct manager, outer.again));
}

static void watchdog_fired(struct timer *timer)
{
	struct manager *manager = container_of(timer, struct manager, outer.watchdog);

	say(&manager->outer, "WATCHDOG=1\n");
	timer_set(&manager->loop, timer, manager->outer.watchdog_ms);
}

static void start_watchdog(struct manager *manager)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	unsigned long long wanted = usec ? strtoull(usec, NULL, 10) : 0;

	/* For another process than this one: its shell, when it is not PID 1. */
	if (wanted < 2000 || (pid && strtol(pid, NULL, 10) != getpid()))
		return;
	manager->outer.watchdog_ms = wanted / 2000U;
	manager->outer.watchdog.fired = watchdog_fired;
	watchdog_fired(&manager->outer.watchdog);
}

void outer_open(struct manager *manager)
{
	struct outer *outer = &manager->outer;
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = path ? strlen(path) : 0;

	outer->again.fired = again_fired;
	if (length < 2 || length >= sizeof(address.sun_path) || (*path != '/' && *path != '@'))
		return;
	memcpy(address.sun_path, path, length);
	if (*path == '@')
		address.sun_path[0] = '\0';
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	cleanup_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, size) < 0) {
		manager_warn(manager, "kinc-init",
			     "nobody listens on NOTIFY_SOCKET: readiness is not told to the outside");
		return;
	}
	outer->fd = steal_fd(&fd);
	start_watchdog(manager);
}

void outer_end(struct manager *manager, int status, const char *why)
{
	char text[1200];

	if (manager->outer.fd < 0)
		return;
	snprintf(text, sizeof(text), "STOPPING=1\nEXIT_STATUS=%d\nSTATUS=%s\n", status,
		 *why ? why : "stopped");
	say(&manager->outer, text);
}
