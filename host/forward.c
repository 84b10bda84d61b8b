/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. One epoll loop carries every connection of one exposed
 * port. A connection has two ends and two flows, each with a buffer. Both ends
 * are watched edge triggered for everything, and each event pumps both flows
 * until neither moves: nothing has to be remembered about who waits for what,
 * and a peer that hung up is told of once. An end of a flow is passed on as
 * shutdown(2), so that protocols which close one direction work. A connection
 * that always has more to move gives way to others after a while.
 */
#include "forward.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"

enum { BUFFER_SIZE = 32 << 10, CONNECTIONS_MAX = 256, ROUNDS_MAX = 64 };

struct flow {
	size_t start, size;
	bool ended;  /* nothing more comes */
	bool passed; /* and the other end knows */
	char data[BUFFER_SIZE];
};

struct forward {
	struct loop loop;
	struct source listener, control, process;
	const struct forward_target *target;
	const char *line;
	int connections;
	bool full, over;
};

struct connection {
	struct forward *forward;
	struct source client, server;
	struct flow up, down;
	struct timer again;
};

struct asker {
	struct forward *forward;
	struct source source;
};

static void drop(struct connection *connection)
{
	struct forward *forward = connection->forward;

	timer_clear(&forward->loop, &connection->again);
	loop_remove(&forward->loop, &connection->client);
	loop_remove(&forward->loop, &connection->server);
	free(connection);
	forward->connections--;
	if (forward->full)
		forward->full = loop_modify(&forward->loop, &forward->listener, EPOLLIN) < 0;
}

/* 1 when something moved, 0 when not, negative when the connection is lost. */
static int move(struct flow *flow, int from, int to)
{
	bool moved = false;

	if (!flow->size && !flow->ended) {
		ssize_t got = recv(from, flow->data, sizeof(flow->data), 0);
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		flow->start = 0;
		flow->size = got > 0 ? (size_t)got : 0;
		flow->ended = got == 0;
		moved = got >= 0;
	}
	if (flow->size) {
		ssize_t put = send(to, flow->data + flow->start, flow->size, MSG_NOSIGNAL);
		if (put < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		flow->start += put > 0 ? (size_t)put : 0;
		flow->size -= put > 0 ? (size_t)put : 0;
		moved = moved || put > 0;
	}
	if (flow->ended && !flow->size && !flow->passed) {
		flow->passed = true;
		if (shutdown(to, SHUT_WR) < 0 && errno != ENOTCONN)
			return -errno;
	}
	return moved;
}

static void pump(struct connection *connection)
{
	int client = connection->client.fd, server = connection->server.fd;

	for (int round = 0; round < ROUNDS_MAX; round++) {
		int up = move(&connection->up, client, server);
		int down = up < 0 ? up : move(&connection->down, server, client);
		if (up < 0 || down < 0 || (connection->up.passed && connection->down.passed)) {
			drop(connection);
			return;
		}
		if (!up && !down)
			return;
	}
	timer_set(&connection->forward->loop, &connection->again, 1);
}

static void client_ready(struct source *source, uint32_t events)
{
	(void)events;
	pump(container_of(source, struct connection, client));
}

static void server_ready(struct source *source, uint32_t events)
{
	(void)events;
	pump(container_of(source, struct connection, server));
}

static void pump_again(struct timer *timer)
{
	pump(container_of(timer, struct connection, again));
}

static void begin(struct forward *forward, int client)
{
	static const uint32_t everything = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
	const struct forward_target *target = forward->target;
	struct connection *connection = calloc(1, sizeof(*connection));
	int server =
		socket(target->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (!connection || server < 0 ||
	    (connect(server, (const struct sockaddr *)&target->address, target->size) < 0 &&
	     errno != EINPROGRESS)) {
		free(connection);
		close(client);
		if (server >= 0)
			close(server);
		return;
	}
	*connection = (struct connection){
		.forward = forward,
		.client = {.fd = client, .ready = client_ready},
		.server = {.fd = server, .ready = server_ready},
		.again.fired = pump_again,
	};
	forward->connections++;
	if (loop_add(&forward->loop, &connection->client, everything, NULL) < 0 ||
	    loop_add(&forward->loop, &connection->server, everything, NULL) < 0)
		drop(connection);
}

static void listener_ready(struct source *source, uint32_t events)
{
	struct forward *forward = container_of(source, struct forward, listener);
	int client = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (client >= 0)
		begin(forward, client);
	/* Who comes now waits in the kernel until another one goes. */
	if (forward->connections >= CONNECTIONS_MAX ||
	    (client < 0 && forward->connections > 0 && (errno == EMFILE || errno == ENFILE)))
		forward->full = loop_modify(&forward->loop, &forward->listener, 0) == 0;
}

static void asker_ready(struct source *source, uint32_t events)
{
	struct asker *asker = container_of(source, struct asker, source);
	char word;

	(void)events;
	if (recv(source->fd, &word, 1, 0) > 0)
		asker->forward->over = true;
	loop_remove(&asker->forward->loop, source);
	free(asker);
}

static void control_ready(struct source *source, uint32_t events)
{
	struct forward *forward = container_of(source, struct forward, control);
	int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct asker *asker = fd < 0 ? NULL : malloc(sizeof(*asker));

	(void)events;
	if (asker)
		*asker = (struct asker){forward, {.fd = fd, .ready = asker_ready}};
	if (!asker || send(fd, forward->line, strlen(forward->line), MSG_NOSIGNAL) < 0 ||
	    loop_add(&forward->loop, &asker->source, EPOLLIN, NULL) < 0) {
		free(asker);
		if (fd >= 0)
			close(fd);
	}
}

static void process_ready(struct source *source, uint32_t events)
{
	(void)events;
	container_of(source, struct forward, process)->over = true;
}

int forward_serve(int listener, int control, int pidfd, const struct forward_target *target,
		  const char *line, struct kinc_error *err)
{
	struct forward forward = {
		.listener = {.fd = listener, .ready = listener_ready},
		.control = {.fd = control, .ready = control_ready},
		.process = {.fd = pidfd, .ready = process_ready},
		.target = target,
		.line = line,
	};
	int result = loop_open(&forward.loop, err);

	if (result == 0)
		result = loop_add(&forward.loop, &forward.listener, EPOLLIN, err);
	if (result == 0)
		result = loop_add(&forward.loop, &forward.control, EPOLLIN, err);
	if (result == 0)
		result = loop_add(&forward.loop, &forward.process, EPOLLIN, err);
	while (result == 0 && !forward.over)
		loop_turn(&forward.loop);
	return result;
}
