/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "manager.h"
#include "notify.h"
#include "sender.h"
#include "story.h"

#define NOTIFY_DIRECTORY RUN_DIRECTORY "/notify"
#define NOTIFY_MAX 4096
#define NOTIFY_AT_ONCE 16 /* datagrams before the loop looks at others again */

void job_notify_path(const struct job *job, char *path, size_t size)
{
	snprintf(path, size, NOTIFY_DIRECTORY "/%s", job->unit->name);
}

static void watchdog_fired(struct timer *timer)
{
	struct job *job = container_of(timer, struct job, watchdog);

	job_set_message(job, "no sign of life within its watchdog time of %llu ms",
			(unsigned long long)job->watchdog_ms);
	job_event(job, EVENT_WATCHDOG);
}

void job_watchdog_start(struct job *job)
{
	job->watchdog.fired = watchdog_fired;
	if (job->watchdog_ms == 0)
		job->watchdog_ms = (uint64_t)job->unit->watchdog_s * 1000U;
	if (job->watchdog_ms > 0 && job->state == JOB_READY)
		timer_set(&job->manager->loop, &job->watchdog, job->watchdog_ms);
}

static void apply(struct job *job, const struct notify_message *message)
{
	struct loop *loop = &job->manager->loop;

	if (message->main_pid > 0 &&
	    (job->cgroup < 0 || sender_is_in_unit(message->main_pid, job->unit->name)))
		job_adopt_main(job, message->main_pid);
	if (message->has_status && strcmp(message->status, job->message) != 0)
		job_set_message(job, "%s", message->status);
	if (*message->warning)
		manager_warn(job->manager, job->unit->name, message->warning);
	if (message->reloading) {
		job->reloading = true;
		if (!message->has_status)
			job_set_message(job, "reloading");
	}
	if (message->stopping)
		job_set_message(job, "stopping by itself");
	if (message->error && !message->has_status)
		job_set_message(job, "%s", strerror(message->error));
	if (message->extend_us > 0 && job->timer.armed && job->state != JOB_BACKOFF)
		timer_set(loop, &job->timer, message->extend_us / 1000U < 86400000U
						     ? message->extend_us / 1000U
						     : 86400000U);
	if (message->watchdog_us > 0 && job->unit->watchdog_s > 0) {
		job->watchdog_ms = message->watchdog_us / 1000U + 1;
		job_watchdog_start(job);
	}
	if (message->watchdog)
		job_watchdog_start(job);
	if (message->watchdog_trigger) {
		job_set_message(job, "it reported that it hangs (WATCHDOG=trigger)");
		job_event(job, EVENT_WATCHDOG);
		return;
	}
	if (!message->ready)
		return;
	if (job->reloading && !message->has_status && strcmp(job->message, "reloading") == 0)
		job_set_message(job, "%s", "");
	if (job->reloading)
		job_reload_notified(job);
	job->reloading = false;
	job_ready_notified(job);
}

/* Descriptors come with BARRIER=1, whose sender waits until we close its one. */
static void close_rights(struct msghdr *header)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(part) + i * sizeof(fd), sizeof(fd));
			close(fd);
		}
	}
}

/*
 * Root of the container is more than this unit: where there are cgroups, they
 * tell who belongs to it. One that has gone cannot be told; BARRIER=1 makes a
 * sender wait for us.
 */
static bool is_trusted(struct job *job, const struct ucred *sender)
{
	if (sender->pid > 0 && sender->pid == job->main.pid)
		return true;
	if (job->cgroup < 0)
		return sender->uid == geteuid();
	if (sender_is_in_unit(sender->pid, job->unit->name))
		return true;
	if (!job->told_foreigner)
		story_tell(job->unit->name, "a notify message of process %d was refused: it is not of "
			   "this unit, or has ended already", (int)sender->pid);
	job->told_foreigner = true;
	return false;
}

static bool sender_is_trusted(struct job *job, struct msghdr *header)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
		struct ucred sender;
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&sender, CMSG_DATA(part), sizeof(sender));
		return is_trusted(job, &sender);
	}
	return false;
}

/* True while there may be more. */
static bool receive(struct job *job)
{
	char data[NOTIFY_MAX];
	alignas(struct cmsghdr) char control[1024];
	struct iovec part = {data, sizeof(data)};
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct notify_message message;

	ssize_t got = recvmsg(job->notify.fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (got < 0)
		return false;
	close_rights(&header);
	if (header.msg_flags & MSG_TRUNC)
		return true;
	notify_parse(data, (size_t)got, &message);
	/* What came before it has been dealt with; nothing else may be in it. */
	if (message.barrier)
		return true;
	if (job->state != JOB_STARTING && job->state != JOB_READY && job->state != JOB_STOPPING)
		return true;
	if (sender_is_trusted(job, &header))
		apply(job, &message);
	return true;
}

static void notify_ready(struct source *source, uint32_t events)
{
	struct job *job = container_of(source, struct job, notify);

	(void)events;
	for (int i = 0; i < NOTIFY_AT_ONCE && source->fd >= 0 && receive(job); i++)
		;
}

static bool listens(const struct unit *unit)
{
	const struct probe_spec *probes = unit->ready.items;

	for (size_t i = 0; i < unit->ready.count; i++)
		if (probes[i].kind == PROBE_NOTIFY)
			return true;
	return false;
}

/*
 * The socket lasts until PID 1 ends, so that it is there before the process
 * is. Only units that notify get one: others would pass the variable on to
 * what they start (crun start waits for READY=1 when it sees it).
 */
int job_notify_open(struct job *job, struct kinc_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int on = 1;

	if (job->notify.fd >= 0 || !listens(job->unit))
		return 0;
	int result = kinc_make_directories(NOTIFY_DIRECTORY, 0755, err);
	if (result < 0)
		return result;
	job_notify_path(job, address.sun_path, sizeof(address.sun_path));
	unlink(address.sun_path);
	cleanup_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(address.sun_path, 0600) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return kinc_error_errno(err, errno, "cannot make the notify socket %s",
					address.sun_path);
	job->notify.fd = steal_fd(&fd);
	job->notify.ready = notify_ready;
	result = loop_add(&job->manager->loop, &job->notify, EPOLLIN, err);
	if (result < 0)
		loop_remove(&job->manager->loop, &job->notify);
	return result;
}
