/* SPDX-License-Identifier: MIT */
#include "logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "manager.h"
#include "spawn.h"
#include "story.h"

static void start_helper(struct logs *logs);

static int run_helper(void *data, int report)
{
	struct logs *logs = data;

	(void)report;
	return log_helper(logs->manager, logs->helper_end);
}

static void helper_exited(struct child *child, int status)
{
	struct logs *logs = container_of(child, struct logs, helper);

	(void)status;
	if (logs->closing)
		return;
	/* The first successor comes at once, later ones more slowly. */
	timer_set(&logs->manager->loop, &logs->again, (uint64_t)logs->deaths * 100U);
	if (logs->deaths < 100)
		logs->deaths++;
}

static void again_fired(struct timer *timer)
{
	start_helper(container_of(timer, struct logs, again));
}

static void start_helper(struct logs *logs)
{
	struct spawn child = {
		.run = run_helper,
		.data = logs,
		.output = STDOUT_FILENO,
		.report = -1,
		.cgroup = -1,
		.oom_score_adj = 10000,
		.name = "kinc-log",
		.keep_descriptors = true,
	};
	pid_t pid = spawn(&child, &logs->helper.pidfd, NULL);

	if (pid < 0) {
		timer_set(&logs->manager->loop, &logs->again, 1000);
		return;
	}
	logs->helper.pid = pid;
	logs->helper.exited = helper_exited;
	child_add(&logs->manager->children, &logs->helper);
}

/* LOG_LAST: what a unit wrote last before it failed says more than its status. */
static void answers_ready(struct source *source, uint32_t events)
{
	struct logs *logs = container_of(source, struct logs, answers);
	struct log_packet packet;
	ssize_t got = recv(source->fd, &packet, sizeof(packet), MSG_DONTWAIT);

	(void)events;
	if (got != sizeof(packet) || packet.verb != LOG_LAST ||
	    packet.query.unit >= logs->manager->units.count)
		return;
	packet.text[sizeof(packet.text) - 1] = '\0';
	struct job *job = &logs->manager->jobs[packet.query.unit];
	if (job->state != JOB_FAILED && job->state != JOB_BACKOFF)
		return;
	char before[sizeof(job->message)];
	memcpy(before, job->message, sizeof(before));
	job_set_message(job, "%.100s: %s", before, packet.text);
}

static bool open_both(struct job *job)
{
	for (int i = 0; i < LOG_STREAMS; i++) {
		if (pipe2(job->log_pipes[i], O_CLOEXEC) == 0)
			continue;
		job->log_pipes[i][0] = job->log_pipes[i][1] = -EBADF;
		if (i > 0) {
			close(job->log_pipes[0][0]);
			close(job->log_pipes[0][1]);
			job->log_pipes[0][0] = job->log_pipes[0][1] = -EBADF;
		}
		return false;
	}
	return true;
}

/*
 * Half of the descriptors are for running: who has none left starts nothing.
 * Units beyond run without a log.
 */
static void open_pipes(struct manager *manager)
{
	struct rlimit limit = {.rlim_cur = 1024};
	size_t processes = 0, without = 0;
	char text[256];

	getrlimit(RLIMIT_NOFILE, &limit);
	for (size_t i = 0; i < manager->units.count; i++) {
		struct job *job = &manager->jobs[i];
		if (!unit_has_process(job->unit))
			continue;
		if (processes++ >= limit.rlim_cur / 8 || !open_both(job))
			without++;
	}
	if (without == 0)
		return;
	/* Pipes, process, report, cgroup with its events, notify socket, and a try of a probe. */
	size_t needed = processes * 10 + 256;
	snprintf(text, sizeof(text),
		 "only %llu files may be open: the output of %zu of %zu units is not kept, and not all "
		 "can start at once. To mend it, give the container --ulimit nofile=%zu:%zu",
		 (unsigned long long)limit.rlim_cur, without, processes, needed, needed);
	manager_warn(manager, "kinc-init", text);
}

int logs_open(struct logs *logs, struct manager *manager, struct kinc_error *err)
{
	int pair[2];

	logs->manager = manager;
	logs->again.fired = again_fired;
	open_pipes(manager);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return kinc_error_errno(err, errno, "cannot make a socket pair");
	logs->answers.fd = pair[0];
	logs->answers.ready = answers_ready;
	logs->helper_end = pair[1];
	int result = loop_add(&manager->loop, &logs->answers, EPOLLIN, err);
	if (result == 0)
		start_helper(logs);
	return result;
}

static int ask(struct logs *logs, const struct log_packet *packet, int fd)
{
	alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {(void *)packet, sizeof(*packet)};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		header.msg_control = control;
		header.msg_controllen = sizeof(control);
		struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
	}
	return sendmsg(logs->answers.fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

void logs_show_tail(struct logs *logs, const struct job *job)
{
	const struct log_packet packet = {
		.verb = LOG_TAIL, .query = {.unit = (unsigned)job->unit->index, .lines = 12}};

	if (unit_has_process(job->unit))
		ask(logs, &packet, -1);
}

int logs_serve(struct logs *logs, const struct log_query *query, int client)
{
	const struct log_packet packet = {.verb = LOG_SERVE, .query = *query};

	if (logs->helper.pid == 0)
		return -EAGAIN;
	return ask(logs, &packet, client);
}

bool logs_finish(struct logs *logs)
{
	const struct log_packet packet = {.verb = LOG_QUIT};

	if (!logs->closing) {
		logs->closing = true;
		timer_clear(&logs->manager->loop, &logs->again);
		ask(logs, &packet, -1);
	}
	return logs->helper.pid == 0;
}
