/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builtin.h"
#include "cgroup.h"
#include "expand.h"
#include "manager.h"
#include "report.h"
#include "resources.h"
#include "restart.h"
#include "spawn.h"
#include "story.h"

static void take_report(struct job *job, const char *packet)
{
	struct manager *manager = job->manager;
	const char *text = packet + 1;
	char name[128];
	const char *equals;

	switch (packet[0]) {
	case REPORT_ERROR:
		job->failed = true;
		job_set_message(job, "%s", text);
		break;
	case REPORT_UNCHANGED:
		job->unchanged = true;
		job_set_message(job, "%s", text);
		break;
	case REPORT_NOTE:
		job_set_message(job, "%s", text);
		break;
	case REPORT_WARNING:
		manager_warn(manager, job->unit->name, text);
		break;
	case REPORT_VARIABLE:
		equals = strchr(text, '=');
		if (!equals || (size_t)(equals - text) >= sizeof(name))
			break;
		memcpy(name, text, (size_t)(equals - text));
		name[equals - text] = '\0';
		variables_set(&manager->variables, name, equals + 1, NULL);
		job_set_message(job, "%s", text);
		break;
	default:
		break;
	}
}

void job_read_reports(struct job *job)
{
	char packet[REPORT_MAX + 1];

	while (job->report.fd >= 0) {
		ssize_t got = recv(job->report.fd, packet, sizeof(packet) - 1, MSG_DONTWAIT);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			loop_remove(&job->manager->loop, &job->report);
			return;
		}
		packet[got] = '\0';
		take_report(job, packet);
	}
}

/* The socket closes when the child became its program, or ended before. */
static void report_ready(struct source *source, uint32_t events)
{
	struct job *job = container_of(source, struct job, report);

	(void)events;
	job_read_reports(job);
	if (job->report.fd >= 0 || job->unit->type == UNIT_BUILTIN || job->failed)
		return;
	job->executed = true;
	if (job->state == JOB_STARTING && job->unit->type == UNIT_SERVICE)
		job_ready_begin(job);
}

static void events_ready(struct source *source, uint32_t events)
{
	struct job *job = container_of(source, struct job, events);

	(void)events;
	job->populated = cgroup_events_populated(source->fd);
	job_check_gone(job);
}

void job_describe_exit(int status, char *text, size_t size)
{
	const char *name;

	if (WIFEXITED(status)) {
		snprintf(text, size, "code %d", WEXITSTATUS(status));
		return;
	}
	name = sigabbrev_np(WTERMSIG(status));
	if (name)
		snprintf(text, size, "signal %s", name);
	else
		snprintf(text, size, "signal %d", WTERMSIG(status));
}

/* A signal KILL from nowhere is a riddle otherwise. */
static void tell_oom_kills(struct job *job)
{
	char message[sizeof(job->message)];

	if (resources_oom_kills(job->cgroup) <= job->oom_kills)
		return;
	memcpy(message, job->message, sizeof(message));
	job_set_message(job, "%.300s: killed by the kernel, which had no memory left for it",
			message);
}

static void main_exited(struct child *child, int status)
{
	struct job *job = container_of(child, struct job, main);
	const struct restart_spec *restart = &job->unit->restart;
	bool well = status == 0 || restart_names_end(&restart->success_exit, status);

	loop_remove(&job->manager->loop, &job->adopted);
	job_read_reports(job);
	loop_remove(&job->manager->loop, &job->report);
	job_describe_exit(status, job->exit, sizeof(job->exit));
	job->changed = true;
	manager_queue(job);
	if (job->events.fd >= 0)
		job->populated = cgroup_events_populated(job->events.fd);
	if (job->state == JOB_STARTING || job->state == JOB_READY) {
		if (!well || (job->unit->type == UNIT_SERVICE && job->state == JOB_STARTING)) {
			/* What the child itself reported says more than a status. */
			if (!job->failed)
				job_set_message(job, "ended %swith %s",
						job->state == JOB_STARTING &&
								job->unit->type == UNIT_SERVICE
							? "before it was ready, "
							: "",
						job->exit);
			job->failed = true;
			job->refused = restart_names_end(&restart->prevent_exit, status);
			tell_oom_kills(job);
		} else if (job->unit->type == UNIT_SERVICE) {
			job_set_message(job, "ended with %s", job->exit);
		}
		job_event(job, EVENT_EXIT);
		return;
	}
	/* Being stopped or cleaned: the rest of it follows by the unit's mode. */
	if (job->unit->stop.mode == STOP_MIXED)
		job_kill_processes(job);
	job_check_gone(job);
}

static void adopted_ready(struct source *source, uint32_t events)
{
	struct job *job = container_of(source, struct job, adopted);
	int status = 0;
	pid_t pid = job->main.pid;

	(void)events;
	loop_remove(&job->manager->loop, source);
	if (pid == 0)
		return;
	if (waitpid(pid, &status, WNOHANG) != pid)
		status = 0; /* another process was its parent and knows */
	child_remove(&job->manager->children, &job->main);
	main_exited(&job->main, status);
}

/* The service says that another process of it is the main one (MAINPID=). */
void job_adopt_main(struct job *job, pid_t pid)
{
	struct manager *manager = job->manager;
	int pidfd;

	/* One that another unit waits for is not this unit's, where no cgroup can tell. */
	if (pid <= 1 || job->main.pid == 0 || child_is_known(&manager->children, pid))
		return;
	pidfd = pidfd_open(pid, 0);
	if (pidfd < 0)
		return;
	loop_remove(&manager->loop, &job->adopted);
	child_remove(&manager->children, &job->main);
	job->main.pid = pid;
	job->main.pidfd = pidfd;
	job->main.exited = main_exited;
	child_add(&manager->children, &job->main);
	job->adopted.fd = fcntl(pidfd, F_DUPFD_CLOEXEC, 3);
	job->adopted.ready = adopted_ready;
	if (job->adopted.fd < 0)
		job->adopted.fd = -EBADF;
	else if (loop_add(&manager->loop, &job->adopted, EPOLLIN, NULL) < 0)
		loop_remove(&manager->loop, &job->adopted);
	job->changed = true;
	manager_queue(job);
}

/* Best effort: without cgroups units run all the same, they are only not contained. */
static void cgroup_prepare(struct job *job)
{
	if (job->cgroup >= 0)
		return;
	job->cgroup = cgroup_open(job->unit->name, NULL);
	if (job->cgroup < 0) {
		job->cgroup = -EBADF;
		return;
	}
	job->events.fd = cgroup_events_open(job->cgroup);
	job->events.ready = events_ready;
	if (job->events.fd < 0)
		job->events.fd = -EBADF;
	else if (loop_add(&job->manager->loop, &job->events, EPOLLPRI, NULL) < 0)
		loop_remove(&job->manager->loop, &job->events);
}

struct builtin_call {
	struct manager *manager;
	const struct unit *unit;
};

static int run_builtin(void *data, int report)
{
	const struct builtin_call *call = data;
	struct kinc_error err = {0};
	struct builtin_context context = {
		.variables = &call->manager->variables,
		.report = report,
	};

	if (builtin_run(call->unit, &context, &err) < 0) {
		report_send(report, REPORT_ERROR, "%s", err.message);
		return 1;
	}
	return 0;
}

static int spawn_main(struct job *job, int report, int ready, int ready_number,
		      struct kinc_error *err)
{
	struct manager *manager = job->manager;
	struct unit *unit = job->unit;
	cleanup_argv char **argv = NULL;
	cleanup_argv char **environment = NULL;
	cleanup_free char *directory = NULL;
	struct builtin_call call = {manager, unit};
	struct spawn child = {
		.output = job->log_pipes[LOG_STDOUT][1],
		.errors = job->log_pipes[LOG_STDERR][1],
		.report = report,
		.ready_fd = ready,
		.ready_number = ready_number,
		.cgroup = job->cgroup,
		.nofile = &manager->nofile,
		.oom_score_adj = unit->oom_score_adj,
		.name = unit->name,
	};

	if (stamp_is_asked(&unit->stamp)) {
		child.needless = job_stamp_needless;
		child.data = job;
	}
	if (unit->type == UNIT_BUILTIN) {
		child.run = run_builtin;
		child.data = &call;
	} else {
		const char *notify = NULL;
		char path[200];
		if (job->notify.fd >= 0) {
			job_notify_path(job, path, sizeof(path));
			notify = path;
		}
		argv = expand_strings(&unit->exec, &manager->variables, err);
		if (argv)
			environment = expand_environment(unit, &manager->variables, notify, err);
		if (!argv || !environment)
			return -err->code;
		if (unit->working_directory) {
			directory = expand_text(unit->working_directory, &manager->variables, err);
			if (!directory)
				return -err->code;
		}
		child.argv = argv;
		child.environment = environment;
		child.directory = directory;
		child.process = &unit->process;
		child.variables = &manager->variables;
	}
	int pidfd;
	pid_t pid = spawn(&child, &pidfd, err);
	if (pid < 0)
		return pid;
	job->main.pid = job->group = pid;
	job->main.pidfd = pidfd;
	job->main.exited = main_exited;
	child_add(&manager->children, &job->main);
	return 0;
}

int job_launch(struct job *job, struct kinc_error *err)
{
	cleanup_close int report = -EBADF;
	int pair[2], ready_number;

	if (job->unit->type != UNIT_BUILTIN)
		cgroup_prepare(job);
	resources_apply(job);
	job->oom_kills = resources_oom_kills(job->cgroup);
	int result = job_notify_open(job, err);
	if (result < 0)
		return result;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return kinc_error_errno(err, errno, "cannot make a socket pair");
	/* Above what the probe "fd" may ask for. */
	report = fcntl(pair[1], F_DUPFD_CLOEXEC, PROBE_FD_LAST + 1);
	int code = errno;
	close(pair[1]);
	loop_remove(&job->manager->loop, &job->report);
	job->report.fd = pair[0];
	job->report.ready = report_ready;
	result = loop_add(&job->manager->loop, &job->report, EPOLLIN, err);
	cleanup_close int ready = job_ready_open(job, &ready_number, err);
	if (result == 0 && report < 0)
		result = kinc_error_errno(err, code, "cannot start a process");
	if (result == 0 && ready < 0 && ready_number > 0)
		result = ready;
	if (result == 0)
		result = spawn_main(job, report, ready, ready_number, err);
	if (result < 0) {
		loop_remove(&job->manager->loop, &job->report);
		return result;
	}
	job->populated = true;
	if (job->events.fd >= 0)
		job->populated = cgroup_events_populated(job->events.fd);
	if (job->history.streak == 0 || job->unit->type == UNIT_SERVICE)
		story_tell(job->unit->name, "starting (pid %d)", (int)job->main.pid);
	return 0;
}
