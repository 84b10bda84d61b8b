/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A ground's mount namespace can be entered by root only,
 * so its user gets in by asking: the server, which lives inside as that user,
 * forks one process per connection (the session), which runs one command with
 * the client's own stdin, stdout and stderr. The session ends with the
 * command; when the client goes first, the command gets SIGHUP, as from a
 * terminal that was closed. The server itself keeps no state.
 */
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "json.h"

static void reply(int peer, const char *key, int number, const char *sentence)
{
	cleanup_json cJSON *json = cJSON_CreateObject();

	if (sentence)
		cJSON_AddStringToObject(json, key, sentence);
	else
		cJSON_AddNumberToObject(json, key, number);
	cleanup_free char *text = cJSON_PrintUnformatted(json);
	if (text)
		(void)send(peer, text, strlen(text), MSG_NOSIGNAL);
}

static int check_peer(int peer, struct kinc_error *err)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	if (getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
		return kinc_error_errno(err, errno, "cannot tell who asks");
	if (credentials.uid != 0 && credentials.uid != getuid())
		return kinc_error_set(err, EPERM, "this ground belongs to another user");
	return 0;
}

static void close_all(int *fds, int count)
{
	for (int i = 0; i < count; i++)
		close(fds[i]);
}

static int receive(int peer, struct session_request *ret, int stdio[3], struct kinc_error *err)
{
	cleanup_free char *text = malloc(SESSION_MESSAGE_MAX);
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(3 * sizeof(int))];
	} control = {0};
	struct iovec data = {.iov_base = text, .iov_len = SESSION_MESSAGE_MAX};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	if (!text)
		return kinc_error_errno(err, ENOMEM, "cannot take the request");
	ssize_t size = recvmsg(peer, &message, MSG_CMSG_CLOEXEC);
	if (size < 0)
		return kinc_error_errno(err, errno, "cannot take the request");
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fds[3] = {-EBADF, -EBADF, -EBADF}, count = 0;
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
		count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(header), (size_t)count * sizeof(int));
	}
	int result = 0;
	if (count != 3 || (message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)))
		result = kinc_error_set(err, EINVAL,
					"a request is one packet and three descriptors");
	else
		result = session_request_parse(text, (size_t)size, ret, err);
	if (result < 0)
		close_all(fds, count);
	else
		memcpy(stdio, fds, sizeof(fds));
	return result;
}

static _Noreturn void run_command(const struct session_request *request, const int stdio[3])
{
	/* Whoever made the ground may have ignored some: nohup(1) does. */
	for (int number = 1; number < _NSIG; number++)
		signal(number, SIG_DFL);
	setsid();
	/* The three may be numbered 0 to 2 themselves: move them away first. */
	int moved[3] = {-EBADF, -EBADF, -EBADF};
	for (int i = 0; i < 3; i++)
		moved[i] = dup(stdio[i]);
	for (int i = 0; i < 3; i++)
		dup2(moved[i], i);
	closefrom(3);
	for (char **variable = request->environment; variable && *variable; variable++)
		putenv(*variable);
	const char *home = getenv("HOME");
	if (!request->argv || !request->directory)
		_exit(KINC_EXIT_MISUSE);
	if (chdir(request->directory) < 0 && (!home || chdir(home) < 0) && chdir("/") < 0)
		_exit(KINC_EXIT_SYSTEM);
	execvp(request->argv[0], request->argv);
	dprintf(2, "kinc-launch: cannot run %s: %s\n", request->argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void take_signal(int peer, pid_t command, bool *gone)
{
	char text[256];
	ssize_t size = recv(peer, text, sizeof(text), MSG_DONTWAIT);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size <= 0) {
		*gone = true;
		kill(-command, SIGHUP);
		return;
	}
	cleanup_json cJSON *json = cJSON_ParseWithLength(text, (size_t)size);
	int number = kinc_json_int(json, "signal", 0);
	if (number > 0 && number < _NSIG)
		kill(-command, number);
}

static int wait_command(int peer, pid_t command)
{
	cleanup_close int pidfd = pidfd_open(command, 0);
	bool gone = false;
	int status = 0;

	for (;;) {
		struct pollfd watched[] = {
			{.fd = pidfd, .events = POLLIN},
			{.fd = gone ? -1 : peer, .events = POLLIN},
		};
		if (poll(watched, 2, -1) < 0 && errno != EINTR)
			break;
		if (watched[1].revents)
			take_signal(peer, command, &gone);
		if (watched[0].revents)
			break;
	}
	while (waitpid(command, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static _Noreturn void session_run(int peer)
{
	cleanup_session struct session_request request = {0};
	struct kinc_error err = {0};
	int stdio[3] = {-EBADF, -EBADF, -EBADF};

	/* The server ignores it so that its children vanish by themselves. */
	signal(SIGCHLD, SIG_DFL);
	if (check_peer(peer, &err) < 0 || receive(peer, &request, stdio, &err) < 0) {
		reply(peer, "error", 0, err.message);
		_exit(KINC_EXIT_NOT_SO);
	}
	pid_t command = fork();
	if (command < 0) {
		reply(peer, "error", 0, strerror(errno));
		_exit(KINC_EXIT_SYSTEM);
	}
	if (command == 0)
		run_command(&request, stdio);
	close_all(stdio, 3);
	reply(peer, "exit", wait_command(peer, command), NULL);
	_exit(KINC_EXIT_OK);
}

int session_serve(int listener, struct kinc_error *err)
{
	/* Orphans of commands, podman's among them, come here and vanish too. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		cleanup_close int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (peer < 0 && errno != EINTR && errno != ECONNABORTED && errno != EMFILE)
			return kinc_error_errno(err, errno, "cannot accept");
		if (peer < 0)
			continue;
		pid_t session = fork();
		if (session == 0) {
			close(listener);
			session_run(peer);
		}
		if (session < 0)
			reply(peer, "error", 0, "the ground cannot start another process");
	}
}
