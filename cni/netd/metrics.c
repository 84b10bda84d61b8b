/* SPDX-License-Identifier: MIT */
/* #syscalls socket bind listen accept send recv unlink mkdir chmod umask stat */
#include "metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "alloc.h"
#include "cleanup.h"
#include "io.h"

#define CLIENTS_MAX 8
#define PATIENCE_MS 5000
#define REQUEST_MAX 2048

struct metrics_client {
	struct metrics_client *next;
	struct metrics *metrics;
	struct source source;
	struct timer timer;
	char request[REQUEST_MAX + 1];
	size_t size;
	char *answer;
	size_t answer_size, sent;
};

static void client_close(struct metrics_client *client)
{
	struct metrics *metrics = client->metrics;
	struct metrics_client **link = &metrics->clients;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	metrics->client_count--;
	timer_clear(metrics->loop, &client->timer);
	loop_remove(metrics->loop, &client->source);
	free(client->answer);
	free(client);
}

static void prepare(struct metrics_client *client)
{
	struct metrics *metrics = client->metrics;
	char *text = NULL;
	size_t size = 0;
	FILE *out = alloc_stream(&text, &size);

	if (strncmp(client->request, "GET ", 4) == 0) {
		fputs("HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n\r\n", out);
		metrics->print(metrics->context, out);
	} else {
		fputs("HTTP/1.0 405 Method Not Allowed\r\n\r\n", out);
	}
	fclose(out);
	client->answer = text;
	client->answer_size = size;
}

static void client_ready(struct source *source, uint32_t events)
{
	struct metrics_client *client = container_of(source, struct metrics_client, source);

	(void)events;
	if (!client->answer) {
		ssize_t got = recv(source->fd, client->request + client->size,
				   REQUEST_MAX - client->size, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		client->size += got > 0 ? (size_t)got : 0;
		client->request[client->size] = '\0';
		if (got <= 0 || (!strstr(client->request, "\r\n\r\n") && client->size == REQUEST_MAX)) {
			client_close(client);
			return;
		}
		if (!strstr(client->request, "\r\n\r\n"))
			return;
		prepare(client);
		loop_modify(client->metrics->loop, source, EPOLLOUT);
	}
	while (client->sent < client->answer_size) {
		ssize_t sent = send(source->fd, client->answer + client->sent,
				    client->answer_size - client->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (sent <= 0)
			break;
		client->sent += (size_t)sent;
	}
	client_close(client);
}

static void client_slow(struct timer *timer)
{
	client_close(container_of(timer, struct metrics_client, timer));
}

static void metrics_ready(struct source *source, uint32_t events)
{
	struct metrics *metrics = container_of(source, struct metrics, source);
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	if (metrics->client_count == CLIENTS_MAX) {
		close(fd);
		return;
	}
	struct metrics_client *client = alloc(1, sizeof(*client));
	client->next = metrics->clients;
	client->metrics = metrics;
	client->source = (struct source){.fd = fd, .ready = client_ready};
	client->timer.fired = client_slow;
	metrics->clients = client;
	metrics->client_count++;
	timer_set(metrics->loop, &client->timer, PATIENCE_MS);
	if (loop_add(metrics->loop, &client->source, EPOLLIN, NULL) < 0)
		client_close(client);
}

int metrics_open(struct metrics *metrics, struct loop *loop, const char *path,
		 void (*print)(void *context, FILE *out), void *context, struct kinc_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *slash = strrchr(path, '/');
	char directory[sizeof(address.sun_path)];

	*metrics = (struct metrics){.loop = loop,
				    .source = {.fd = -EBADF, .ready = metrics_ready},
				    .print = print,
				    .context = context};
	if (strlen(path) >= sizeof(address.sun_path) || !slash)
		return kinc_error_set(err, EINVAL, "%s cannot be a socket's path", path);
	snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path), path);
	int result = *directory ? kinc_make_directories(directory, 0700, err) : 0;
	if (result < 0)
		return result;
	memcpy(address.sun_path, path, strlen(path) + 1);
	unlink(path);
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t before = umask(0177);
	bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		     listen(fd, CLIENTS_MAX) == 0;
	int saved = errno;
	umask(before);
	if (!bound)
		return kinc_error_errno(err, saved, "cannot serve on %s", path);
	metrics->source.fd = steal_fd(&fd);
	return loop_add(loop, &metrics->source, EPOLLIN, err);
}

void metrics_close(struct metrics *metrics)
{
	for (struct metrics_client *next, *one = metrics->clients; one; one = next) {
		next = one->next;
		client_close(one);
	}
	loop_remove(metrics->loop, &metrics->source);
}
