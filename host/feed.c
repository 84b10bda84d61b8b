/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "run.h"

enum { ERRORS_MAX = 1 << 20 };

int feed_start(struct podman *podman, struct feed *ret, struct kinc_error *err)
{
	int pipe_fds[2];
	cleanup_close int errors = memfd_create("errors", MFD_CLOEXEC);
	int result = podman_prepare(podman, err);

	if (result < 0)
		return result;
	if (errors < 0 || pipe2(pipe_fds, O_CLOEXEC) < 0)
		return kinc_error_errno(err, errno, "cannot make a pipe for podman");
	cleanup_close int output = pipe_fds[0];
	cleanup_close int input = pipe_fds[1];
	result = kinc_run_start((const char *const *)podman->words, -1, input, errors, &ret->pid);
	if (result < 0)
		return kinc_error_errno(err, -result, "cannot run podman");
	ret->output = steal_fd(&output);
	ret->errors = steal_fd(&errors);
	return 0;
}

int feed_finish(struct feed *feed, bool end, struct kinc_error *err)
{
	cleanup_close int errors = feed->errors;
	cleanup_free char *text = NULL;
	char reason[600];

	close(steal_fd(&feed->output));
	if (end)
		kill(feed->pid, SIGTERM);
	int status = kinc_run_wait(feed->pid);
	if (status == 0 || status == 128 + SIGPIPE || end)
		return 0;
	if (lseek(errors, 0, SEEK_SET) < 0 ||
	    kinc_read_fd(errors, "podman's errors", ERRORS_MAX, &text, NULL, err) < 0)
		return -EREMOTEIO;
	podman_last_line(text, reason, sizeof(reason));
	return kinc_error_set(err, EREMOTEIO, "podman: %s",
			      *reason ? reason : "failed without a word");
}
