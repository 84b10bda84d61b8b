/* SPDX-License-Identifier: MIT */
/* Readiness as s6 knows it: a newline on a descriptor, which then is closed. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "manager.h"
#include "probe.h"

int probe_fd_open(struct probe *probe, struct kinc_error *err)
{
	int ends[2];

	probe_end(probe);
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return kinc_error_errno(err, errno, "cannot make a pipe");
	/* Only PID 1's end must not block. */
	fcntl(ends[1], F_SETFL, 0);
	probe->source.fd = ends[0];
	return ends[1];
}

static void fd_ready(struct source *source, uint32_t events)
{
	struct probe *probe = container_of(source, struct probe, source);
	char data[256];
	ssize_t got = read(source->fd, data, sizeof(data));

	(void)events;
	if (got > 0 && memchr(data, '\n', (size_t)got)) {
		probe_conclude(probe, true);
		return;
	}
	if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	loop_remove(&probe->job->manager->loop, source);
	job_set_message(probe->job, "descriptor %d was closed without a newline", probe->spec->fd);
}

int probe_fd_watch(struct probe *probe, struct kinc_error *err)
{
	if (probe->source.fd < 0)
		return kinc_error_errno(err, EBADF, "cannot watch descriptor %d", probe->spec->fd);
	probe->source.ready = fd_ready;
	probe->running = true;
	return loop_add(&probe->job->manager->loop, &probe->source, EPOLLIN, err);
}
