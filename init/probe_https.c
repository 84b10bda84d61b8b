/* SPDX-License-Identifier: MIT */
/*
 * TLS would triple the memory of PID 1, and host names would block it. So
 * kinc-probe asks, again and again in one process, and says by lines on its
 * stdout why not yet, and at last "ready".
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "expand.h"
#include "manager.h"
#include "probe.h"
#include "spawn.h"

#define HELPER "kinc-probe"
#define HELPER_INSTALLED "/usr/libexec/kinc/" HELPER

/* Beside this program, as built and as installed by make; else where images have it. */
static void find_helper(char *path, size_t size)
{
	char own[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash = NULL;

	if (length > 0) {
		own[length] = '\0';
		slash = strrchr(own, '/');
	}
	if (slash) {
		slash[1] = '\0';
		int put = snprintf(path, size, "%s" HELPER, own);
		if (put > 0 && (size_t)put < size && access(path, X_OK) == 0)
			return;
	}
	snprintf(path, size, "%s", HELPER_INSTALLED);
}

/* True when the line says that it is ready. */
static bool take_line(struct probe *probe)
{
	probe->reason[probe->reason_size] = '\0';
	probe->reason_size = 0;
	probe->job->changed = true;
	manager_queue(probe->job);
	return strcmp(probe->reason, "ready") == 0;
}

static void helper_ready(struct source *source, uint32_t events)
{
	struct probe *probe = container_of(source, struct probe, source);
	char data[512];
	ssize_t got = read(source->fd, data, sizeof(data));

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		/* Its end is told by SIGCHLD. */
		loop_remove(&probe->job->manager->loop, source);
		return;
	}
	timer_set(&probe->job->manager->loop, &probe->timer, PROBE_HELPER_MS);
	for (ssize_t i = 0; i < got; i++) {
		if (data[i] != '\n') {
			if (probe->reason_size < sizeof(probe->reason) - 1)
				probe->reason[probe->reason_size++] = data[i];
		} else if (take_line(probe)) {
			probe->reason[0] = '\0';
			probe_conclude(probe, true);
			return;
		}
	}
}

static void helper_exited(struct child *child, int status)
{
	struct probe *probe = container_of(child, struct probe, child);

	(void)status;
	if (!probe->running)
		return;
	/* What it wrote before it ended may still be in the pipe. */
	while (probe->source.fd >= 0 && !probe->holds)
		helper_ready(&probe->source, EPOLLIN);
	if (probe->running && !probe->holds)
		probe_conclude(probe, false);
}

static pid_t start_helper(struct probe *probe, int output)
{
	struct job *job = probe->job;
	char path[PATH_MAX], ca[] = "--ca";
	char *argv[] = {path, ca, probe->ca, probe->address, NULL};
	cleanup_argv char **environment =
		expand_environment(job->unit, &job->manager->variables, NULL, NULL);
	const struct spawn child = {
		.argv = argv,
		.environment = environment,
		.output = output,
		.report = -1,
		.cgroup = -1,
		.nofile = &job->manager->nofile,
		.oom_score_adj = OOM_SCORE_UNSET,
		.name = HELPER,
	};

	find_helper(path, sizeof(path));
	return environment ? spawn(&child, &probe->child.pidfd, NULL) : -1;
}

void probe_https_try(struct probe *probe)
{
	struct job *job = probe->job;
	int ends[2];

	probe->reason_size = 0;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		probe_conclude(probe, false);
		return;
	}
	cleanup_close int output = ends[1];
	fcntl(output, F_SETFL, 0);
	probe->source.fd = ends[0];
	probe->source.ready = helper_ready;
	pid_t pid = loop_add(&job->manager->loop, &probe->source, EPOLLIN, NULL) < 0
			    ? -1
			    : start_helper(probe, output);
	if (pid < 0) {
		snprintf(probe->reason, sizeof(probe->reason), "cannot start " HELPER);
		probe_conclude(probe, false);
		return;
	}
	probe->child.pid = pid;
	probe->child.exited = helper_exited;
	child_add(&job->manager->children, &probe->child);
}
