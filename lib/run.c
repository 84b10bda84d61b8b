/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"

enum { ERRORS_KEPT = 16384 };

struct stream {
	int fd;
	char *data;
	size_t size, room;
};

void kinc_run_result_release(struct kinc_run_result *result)
{
	free(result->output);
	free(result->errors);
	*result = (struct kinc_run_result){0};
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 1 while there may be more, 0 at the end, or -errno. */
static int stream_read(struct stream *stream)
{
	if (stream->room - stream->size < 4096) {
		size_t room = stream->room ? stream->room * 2 : 8192;
		char *larger = realloc(stream->data, room);
		if (!larger)
			return -ENOMEM;
		stream->data = larger;
		stream->room = room;
	}
	ssize_t got =
		read(stream->fd, stream->data + stream->size, stream->room - stream->size - 1);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : -errno;
	stream->size += (size_t)got;
	stream->data[stream->size] = '\0';
	return got > 0;
}

static void keep_end(struct stream *stream, size_t kept)
{
	if (stream->size <= kept)
		return;
	memmove(stream->data, stream->data + stream->size - kept, kept + 1);
	stream->size = kept;
}

int kinc_run_start(const char *const *argv, int input, int out, int errors, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, handled;
	int result;

	sigemptyset(&none);
	sigemptyset(&handled);
	sigaddset(&handled, SIGINT);
	sigaddset(&handled, SIGTERM);
	sigaddset(&handled, SIGHUP);
	posix_spawn_file_actions_init(&actions);
	if (input < 0)
		posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	else
		posix_spawn_file_actions_adddup2(&actions, input, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, errors, 2);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	/*
	 * Not the terminal's Ctrl-C: the caller has it too, and decides. And not
	 * what the caller ignores while it cleans up.
	 */
	posix_spawnattr_setsigdefault(&attributes, &handled);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETPGROUP);
	result = posix_spawnp(ret, argv[0], &actions, &attributes, (char *const *)argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -result;
}

/*
 * Until both streams end. A grandchild that keeps them open would keep the
 * caller waiting, hence the timeout counts here.
 */
static int collect(struct stream streams[2], size_t max, int timeout_ms)
{
	long deadline = timeout_ms < 0 ? 0 : now_ms() + timeout_ms;

	while (streams[0].fd >= 0 || streams[1].fd >= 0) {
		struct pollfd watched[2] = {{.fd = streams[0].fd, .events = POLLIN},
					    {.fd = streams[1].fd, .events = POLLIN}};
		long left = timeout_ms < 0 ? -1 : deadline - now_ms();
		if (timeout_ms >= 0 && left <= 0)
			return -ETIMEDOUT;
		if (poll(watched, 2, (int)left) < 0)
			return errno == EINTR ? -ECANCELED : -errno;
		for (int i = 0; i < 2; i++) {
			if (!watched[i].revents)
				continue;
			int result = stream_read(&streams[i]);
			if (result < 0)
				return result;
			if (result == 0)
				streams[i].fd = -EBADF;
		}
		if (streams[0].size > max)
			return -EFBIG;
		keep_end(&streams[1], ERRORS_KEPT);
	}
	return 0;
}

int kinc_run_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static char *take(struct stream *stream)
{
	char *data = stream->data;

	stream->data = NULL;
	return data ? data : strdup("");
}

static int run(const char *const *argv, int input, int out[2], int errors[2], size_t max,
	       int timeout_ms, struct kinc_run_result *ret)
{
	cleanup_close int out_read = out[0];
	cleanup_close int out_write = out[1];
	cleanup_close int errors_read = errors[0];
	cleanup_close int errors_write = errors[1];
	struct stream streams[2] = {{.fd = out_read}, {.fd = errors_read}};
	pid_t pid;
	int result = kinc_run_start(argv, input, out_write, errors_write, &pid);

	if (result < 0)
		return result;
	close(steal_fd(&out_write));
	close(steal_fd(&errors_write));
	result = collect(streams, max, timeout_ms);
	if (result < 0)
		kill(pid, result == -ECANCELED ? SIGTERM : SIGKILL);
	ret->status = kinc_run_wait(pid);
	ret->output = take(&streams[0]);
	ret->output_size = streams[0].size;
	ret->errors = take(&streams[1]);
	if (result == 0 && (!ret->output || !ret->errors))
		result = -ENOMEM;
	if (result < 0)
		kinc_run_result_release(ret);
	return result;
}

int kinc_run(const char *const *argv, size_t max, int timeout_ms, struct kinc_run_result *ret,
	     struct kinc_error *err)
{
	return kinc_run_from(-1, argv, max, timeout_ms, ret, err);
}

int kinc_run_from(int input, const char *const *argv, size_t max, int timeout_ms,
		  struct kinc_run_result *ret, struct kinc_error *err)
{
	struct kinc_run_result result = {0};
	int out[2], errors[2];

	if (pipe2(out, O_CLOEXEC) < 0)
		return kinc_error_errno(err, errno, "cannot make a pipe for %s", argv[0]);
	if (pipe2(errors, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return kinc_error_errno(err, errno, "cannot make a pipe for %s", argv[0]);
	}
	int code = run(argv, input, out, errors, max, timeout_ms, &result);
	if (code == -ECANCELED)
		return kinc_error_set(err, ECANCELED, "interrupted while %s ran", argv[0]);
	if (code < 0)
		return kinc_error_errno(err, -code, "cannot run %s", argv[0]);
	*ret = result;
	return 0;
}
