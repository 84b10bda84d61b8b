/* SPDX-License-Identifier: MIT */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "json.h"
#include "version.h"

/* #syscalls socket connect send recv setsockopt fcntl poll */

bool kinc_control_debug;

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Waits for events until the deadline (-1: none): 0 or -errno. */
static int wait_for(int fd, short events, long long deadline, struct kinc_error *err)
{
	struct pollfd waiting = {.fd = fd, .events = events};

	for (;;) {
		long long left = -1;
		if (deadline >= 0) {
			left = deadline - now_ms();
			if (left < 0)
				left = 0;
		}
		int count = poll(&waiting, 1, (int)left);
		if (count > 0)
			return 0;
		if (count == 0)
			return kinc_error_set(err, ETIMEDOUT, "kinc-init did not answer in time");
		if (errno != EINTR)
			return kinc_error_errno(err, errno, "waiting for kinc-init");
	}
}

int kinc_control_connect(struct kinc_control *control, const char *path, struct kinc_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return kinc_error_set(err, ENAMETOOLONG,
				      "%s is too long for a socket (%zu bytes at the most)", path,
				      sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);

	/* A full queue makes connect wait; the send timeout bounds that too. */
	const struct timeval patience = {.tv_sec = 5};
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return kinc_error_errno(err, errno, "cannot make a socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return kinc_error_errno(err, errno, "cannot reach kinc-init at %s", path);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return kinc_error_errno(err, errno, "cannot reach kinc-init at %s", path);
	*control = (struct kinc_control){.fd = steal_fd(&fd)};
	return 0;
}

cJSON *kinc_control_request(const char *command, const char *unit)
{
	cJSON *request = cJSON_CreateObject();

	if (!request)
		return NULL;
	if (!cJSON_AddNumberToObject(request, "protocol", KINC_PROTOCOL) ||
	    !cJSON_AddStringToObject(request, "command", command) ||
	    (unit && !cJSON_AddStringToObject(request, "unit", unit))) {
		cJSON_Delete(request);
		return NULL;
	}
	return request;
}

static int send_all(struct kinc_control *control, const char *data, size_t size,
		    long long deadline, struct kinc_error *err)
{
	while (size > 0) {
		ssize_t sent = send(control->fd, data, size, MSG_NOSIGNAL);
		if (sent >= 0) {
			data += sent;
			size -= (size_t)sent;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return kinc_error_errno(err, errno, "cannot send to kinc-init");
		int result = wait_for(control->fd, POLLOUT, deadline, err);
		if (result < 0)
			return result;
	}
	return 0;
}

int kinc_control_send(struct kinc_control *control, const cJSON *object, int timeout_ms,
		      struct kinc_error *err)
{
	cleanup_free char *text = object ? cJSON_PrintUnformatted(object) : NULL;
	long long deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;

	if (!text)
		return kinc_error_errno(err, ENOMEM, "asking kinc-init");
	if (kinc_control_debug)
		fprintf(stderr, "> %s\n", text);
	if (strlen(text) + 1 > KINC_CONTROL_REQUEST_MAX)
		return kinc_error_set(err, EMSGSIZE, "the request is longer than %d bytes",
				      KINC_CONTROL_REQUEST_MAX);
	int result = send_all(control, text, strlen(text), deadline, err);
	if (result == 0)
		result = send_all(control, "\n", 1, deadline, err);
	return result;
}

/* Reads what is there: 0 or -errno. */
static int fill(struct kinc_control *control, struct kinc_error *err)
{
	if (control->room - control->size < 2048) {
		size_t room = control->room ? control->room * 2 : 8192;
		if (room > KINC_CONTROL_RESPONSE_MAX)
			return kinc_error_set(err, EMSGSIZE, "kinc-init sent a line that is too long");
		char *larger = realloc(control->buffer, room);
		if (!larger)
			return kinc_error_errno(err, ENOMEM, "reading from kinc-init");
		control->buffer = larger;
		control->room = room;
	}
	ssize_t got = recv(control->fd, control->buffer + control->size,
			   control->room - control->size, 0);
	if (got > 0) {
		control->size += (size_t)got;
		return 0;
	}
	if (got == 0)
		return kinc_error_set(err, ECONNRESET, "kinc-init closed the connection");
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	return kinc_error_errno(err, errno, "reading from kinc-init");
}

/* Takes the first line out of the buffer, if there is one. */
static bool take_line(struct kinc_control *control, cJSON **ret_object)
{
	if (control->size == control->scanned)
		return false;
	char *end = memchr(control->buffer + control->scanned, '\n',
			   control->size - control->scanned);
	if (!end) {
		control->scanned = control->size;
		return false;
	}
	size_t length = (size_t)(end - control->buffer);
	if (kinc_control_debug)
		fprintf(stderr, "< %.*s\n", (int)length, control->buffer);
	*ret_object = cJSON_ParseWithLength(control->buffer, length);
	control->size -= length + 1;
	control->scanned = 0;
	memmove(control->buffer, end + 1, control->size);
	return true;
}

int kinc_control_next(struct kinc_control *control, int timeout_ms, cJSON **ret_object,
		      struct kinc_error *err)
{
	long long deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	cJSON *object = NULL;

	while (!take_line(control, &object)) {
		int result = wait_for(control->fd, POLLIN, deadline, err);
		if (result == 0)
			result = fill(control, err);
		if (result < 0)
			return result;
	}
	if (!cJSON_IsObject(object)) {
		cJSON_Delete(object);
		return kinc_error_set(err, EPROTO, "kinc-init sent a line that is not a JSON object");
	}
	*ret_object = object;
	return 0;
}

int kinc_control_check_protocol(const cJSON *line, struct kinc_error *err)
{
	int protocol = kinc_json_int(line, "protocol", KINC_PROTOCOL);

	if (protocol == KINC_PROTOCOL)
		return 0;
	return kinc_error_set(err, EPROTONOSUPPORT,
			      "the node's kinc-init speaks control protocol %d, this program %d: "
			      "use the one of the node's version, or take the node's image from "
			      "this version (up --image)",
			      protocol, KINC_PROTOCOL);
}

int kinc_control_ask(struct kinc_control *control, const cJSON *request, int timeout_ms,
		     cJSON **ret_response, struct kinc_error *err)
{
	cleanup_json cJSON *response = NULL;
	int result = kinc_control_send(control, request, timeout_ms, err);

	if (result == 0)
		result = kinc_control_next(control, timeout_ms, &response, err);
	if (result == 0)
		result = kinc_control_check_protocol(response, err);
	if (result < 0)
		return result;
	if (!kinc_json_bool(response, "ok", false))
		return kinc_error_set(err, EREMOTEIO, "%s",
				      kinc_json_string(response, "error",
						       "kinc-init refused without a reason"));
	*ret_response = response;
	response = NULL;
	return 0;
}

void kinc_control_close(struct kinc_control *control)
{
	int saved = errno;

	if (control->fd >= 0)
		close(control->fd);
	free(control->buffer);
	*control = (struct kinc_control)KINC_CONTROL_CLOSED;
	errno = saved;
}
