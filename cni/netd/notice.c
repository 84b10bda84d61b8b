/* SPDX-License-Identifier: MIT */
/* #syscalls socket connect send */
#include "notice.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"

void notice_open(struct notice *notice)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup_close int fd = -EBADF;

	*notice = (struct notice){.fd = -EBADF};
	if (!path || !*path || strlen(path) >= sizeof(address.sun_path))
		return;
	size_t length = strlen(path);
	memcpy(address.sun_path, path, length);
	if (address.sun_path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address,
			       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == 0)
		notice->fd = steal_fd(&fd);
}

static void say(const struct notice *notice, const char *text)
{
	if (notice->fd >= 0)
		(void)send(notice->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void notice_status(struct notice *notice, const char *format, ...)
{
	char status[sizeof(notice->status)], text[sizeof(status) + 16];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(status, sizeof(status), format, arguments);
	va_end(arguments);
	if (strcmp(status, notice->status) == 0)
		return;
	memcpy(notice->status, status, sizeof(status));
	snprintf(text, sizeof(text), "STATUS=%s\n", status);
	say(notice, text);
	printf("%s\n", status);
}

void notice_ready(struct notice *notice)
{
	if (!notice->ready)
		say(notice, "READY=1\n");
	notice->ready = true;
}

void notice_warning(struct notice *notice, const char *sentence)
{
	char text[300];

	snprintf(text, sizeof(text), "X_KINC_WARNING=%s\n", sentence);
	say(notice, text);
	fprintf(stderr, "kincnetd: warning: %s\n", sentence);
}

void notice_close(struct notice *notice)
{
	kinc_cleanup_close(&notice->fd);
	notice->fd = -EBADF;
}
