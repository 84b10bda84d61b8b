/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "address.h"
#include "expand.h"
#include "manager.h"
#include "spawn.h"

static struct loop *loop_of(const struct probe *probe)
{
	return &probe->job->manager->loop;
}

bool probe_http_holds(const char *answer, size_t size)
{
	/* "HTTP/1.x NNN" */
	return size >= 12 && memcmp(answer, "HTTP/1.", 7) == 0 && answer[8] == ' ' &&
	       (answer[9] == '2' || answer[9] == '3');
}

/* It leads a session of its own: what it started goes with it. */
static void end_child(struct probe *probe)
{
	if (probe->child.pid <= 1)
		return;
	kill(-probe->child.pid, SIGKILL);
	child_signal(&probe->child, SIGKILL);
	child_remove(&probe->job->manager->children, &probe->child);
}

void probe_conclude(struct probe *probe, bool holds)
{
	loop_remove(loop_of(probe), &probe->source);
	timer_clear(loop_of(probe), &probe->timer);
	end_child(probe);
	if (!holds) {
		timer_set(loop_of(probe), &probe->timer, probe->delay_ms);
		probe->delay_ms += probe->delay_ms / 2;
		if (probe->delay_ms > PROBE_SLOWEST_MS)
			probe->delay_ms = PROBE_SLOWEST_MS;
		return;
	}
	probe->holds = true;
	probe->held_us = loop_now_us();
	probe->running = false;
	probe->job->changed = true;
	manager_queue(probe->job);
	job_ready_check(probe->job);
}

static void exchange_http(struct probe *probe)
{
	size_t size = strlen(probe->request);

	while (probe->sent < size) {
		ssize_t sent = send(probe->source.fd, probe->request + probe->sent,
				    size - probe->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EAGAIN)
			return;
		if (sent < 0) {
			probe_conclude(probe, false);
			return;
		}
		probe->sent += (size_t)sent;
		if (probe->sent == size)
			loop_modify(loop_of(probe), &probe->source, EPOLLIN);
	}
	while (probe->answered < sizeof(probe->answer)) {
		ssize_t got = recv(probe->source.fd, probe->answer + probe->answered,
				   sizeof(probe->answer) - probe->answered, MSG_DONTWAIT);
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0)
			break;
		probe->answered += (size_t)got;
	}
	probe_conclude(probe, probe_http_holds(probe->answer, probe->answered));
}

static void socket_ready(struct source *source, uint32_t events)
{
	struct probe *probe = container_of(source, struct probe, source);
	int code = 0;
	socklen_t size = sizeof(code);

	(void)events;
	if (!probe->connected) {
		if (getsockopt(source->fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0 || code != 0) {
			probe_conclude(probe, false);
			return;
		}
		probe->connected = true;
	}
	if (probe->request)
		exchange_http(probe);
	else
		probe_conclude(probe, true);
}

static int target_of(const struct probe *probe, struct sockaddr_storage *address, socklen_t *size,
		     const char **path, struct kinc_error *err)
{
	*path = probe->spec->path ? probe->spec->path : "/";
	if (probe->spec->kind == PROBE_TCP)
		return address_tcp(probe->address, strlen(probe->address), address, size, err);
	if (probe->spec->kind == PROBE_HTTP)
		return address_url(probe->address, address, size, path, err);
	return address_unix(probe->address, address, size, err);
}

static void try_socket(struct probe *probe)
{
	struct sockaddr_storage address;
	socklen_t size;
	const char *path;

	if (target_of(probe, &address, &size, &path, NULL) < 0) {
		probe_conclude(probe, false);
		return;
	}
	probe->connected = false;
	probe->sent = probe->answered = 0;
	probe->source.ready = socket_ready;
	probe->source.fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe->source.fd < 0 || loop_add(loop_of(probe), &probe->source, EPOLLOUT, NULL) < 0 ||
	    /* A unix socket with a full queue says EAGAIN: nobody accepts, not ready. */
	    (connect(probe->source.fd, (struct sockaddr *)&address, size) < 0 &&
	     errno != EINPROGRESS)) {
		if (probe->source.fd < 0)
			probe->source.fd = -EBADF;
		probe_conclude(probe, false);
	}
}

static void try_file(struct probe *probe)
{
	probe_conclude(probe, access(probe->address, F_OK) == 0);
}

static void exec_exited(struct child *child, int status)
{
	struct probe *probe = container_of(child, struct probe, child);

	if (probe->running)
		probe_conclude(probe, WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void try_exec(struct probe *probe)
{
	struct job *job = probe->job;
	cleanup_argv char **environment =
		expand_environment(job->unit, &job->manager->variables, NULL, NULL);
	struct spawn child = {
		.argv = probe->argv,
		.environment = environment,
		.output = -1,
		.report = -1,
		.cgroup = -1,
		.nofile = &job->manager->nofile,
		.oom_score_adj = OOM_SCORE_UNSET,
		.process = &job->unit->process,
		.variables = &job->manager->variables,
		.name = "probe",
	};
	pid_t pid = environment ? spawn(&child, &probe->child.pidfd, NULL) : -1;

	if (pid < 0) {
		probe_conclude(probe, false);
		return;
	}
	probe->child.pid = pid;
	probe->child.exited = exec_exited;
	child_add(&job->manager->children, &probe->child);
}

static void try_now(struct probe *probe)
{
	static const int patience_ms[PROBE_EXEC + 1] = {
		[PROBE_EXEC] = PROBE_EXEC_TRY_MS,
		[PROBE_HTTPS] = PROBE_HELPER_MS,
	};
	int patience = patience_ms[probe->spec->kind];

	timer_set(loop_of(probe), &probe->timer, patience ? (unsigned)patience : PROBE_TRY_MS);
	if (probe->spec->kind == PROBE_EXEC)
		try_exec(probe);
	else if (probe->spec->kind == PROBE_HTTPS)
		probe_https_try(probe);
	else if (probe->spec->kind == PROBE_FILE)
		try_file(probe);
	else
		try_socket(probe);
}

static void timer_fired(struct timer *timer)
{
	struct probe *probe = container_of(timer, struct probe, timer);

	if (!probe->running)
		return;
	if (probe->source.fd >= 0 || probe->child.pid > 0)
		probe_conclude(probe, false);
	else
		try_now(probe);
}

void probe_init(struct probe *probe, struct job *job, const struct probe_spec *spec)
{
	*probe = (struct probe){
		.job = job,
		.spec = spec,
		.source = {.fd = -EBADF},
		.child = {.pidfd = -EBADF},
		.timer = {.fired = timer_fired},
	};
}

void probe_describe(const struct probe *probe, char *text, size_t size)
{
	const struct probe_spec *spec = probe->spec;
	const char *what = spec->address ? spec->address : "";
	char number[16];

	if (spec->kind == PROBE_EXEC)
		what = spec->argv.items[0];
	if (spec->kind == PROBE_FD) {
		snprintf(number, sizeof(number), "%d", spec->fd);
		what = number;
	}
	snprintf(text, size, "%s%s%s%s%s%s", probe_kind_name(spec->kind), *what ? " " : "", what,
		 probe->reason[0] ? " (" : "", probe->reason, probe->reason[0] ? ")" : "");
}

static int build_request(struct probe *probe, struct kinc_error *err)
{
	struct sockaddr_storage address;
	socklen_t size;
	const char *path;

	if (probe->spec->kind != PROBE_HTTP && probe->spec->kind != PROBE_HTTP_UNIX)
		return 0;
	int result = target_of(probe, &address, &size, &path, err);
	if (result < 0)
		return result;
	if (asprintf(&probe->request,
		     "GET %s HTTP/1.0\r\nHost: localhost\r\nUser-Agent: kinc-init\r\n"
		     "Connection: close\r\n\r\n",
		     path) < 0) {
		probe->request = NULL;
		return kinc_error_errno(err, ENOMEM, "asking %s", probe->address);
	}
	return 0;
}

int probe_begin(struct probe *probe, struct kinc_error *err)
{
	const struct variables *variables = &probe->job->manager->variables;

	if (probe->spec->kind == PROBE_FD)
		return probe_fd_watch(probe, err);
	probe_end(probe);
	if (probe->spec->kind == PROBE_EXEC)
		probe->argv = expand_strings(&probe->spec->argv, variables, err);
	else
		probe->address = expand_text(probe->spec->address, variables, err);
	if (!probe->argv && !probe->address)
		return -err->code;
	if (probe->spec->ca && !(probe->ca = expand_text(probe->spec->ca, variables, err)))
		return -err->code;
	int result = build_request(probe, err);
	if (result < 0)
		return result;
	probe->running = true;
	probe->delay_ms = PROBE_FIRST_MS;
	try_now(probe);
	return 0;
}

void probe_end(struct probe *probe)
{
	loop_remove(loop_of(probe), &probe->source);
	timer_clear(loop_of(probe), &probe->timer);
	end_child(probe);
	free(probe->address);
	free(probe->request);
	free(probe->ca);
	expand_free(probe->argv);
	probe->address = probe->request = probe->ca = NULL;
	probe->argv = NULL;
	probe->running = false;
}
