/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: each client has a buffer for its request and a buffer
 * for what it has not read yet. Both are bounded; who exceeds one is dropped.
 * No allocation that fails here costs more than that one client.
 */
#include "control_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "control.h"
#include "manager.h"

struct client {
	struct client *next;
	struct control_server *server;
	struct source source;
	bool watches, closing;
	char *request;
	size_t request_size, request_room;
	char *waiting;
	size_t waiting_size, waiting_room;
};

static void client_drop(struct client *client)
{
	struct control_server *server = client->server;

	for (struct client **at = &server->clients; *at; at = &(*at)->next) {
		if (*at == client) {
			*at = client->next;
			break;
		}
	}
	server->client_count--;
	loop_remove(&server->manager->loop, &client->source);
	free(client->request);
	free(client->waiting);
	free(client);
}

/* Grows a buffer to hold size bytes: false without memory. */
static bool reserve(char **buffer, size_t *room, size_t size)
{
	size_t wanted = *room ? *room : 1024;

	while (wanted < size)
		wanted *= 2;
	if (wanted == *room)
		return true;
	char *larger = realloc(*buffer, wanted);
	if (!larger)
		return false;
	*buffer = larger;
	*room = wanted;
	return true;
}

/* Sends what waits, as far as it goes: false when the client is lost. */
static bool flush(struct client *client)
{
	size_t done = 0;

	while (done < client->waiting_size) {
		ssize_t sent = send(client->source.fd, client->waiting + done,
				    client->waiting_size - done, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno != EAGAIN)
			return false;
		if (sent < 0)
			break;
		done += (size_t)sent;
	}
	if (done > 0)
		memmove(client->waiting, client->waiting + done, client->waiting_size - done);
	client->waiting_size -= done;
	if (client->waiting_size == 0 && client->closing)
		return false;
	uint32_t events = client->closing ? 0 : EPOLLIN;
	return loop_modify(&client->server->manager->loop, &client->source,
			   events | (client->waiting_size ? EPOLLOUT : 0)) == 0;
}

/* Queues one line: false when the client is lost. */
static bool send_text(struct client *client, const char *text)
{
	size_t size = strlen(text), total = client->waiting_size + size + 1;

	if (total > CONTROL_WAITING_MAX ||
	    !reserve(&client->waiting, &client->waiting_room, total))
		return false;
	memcpy(client->waiting + client->waiting_size, text, size);
	client->waiting[client->waiting_size + size] = '\n';
	client->waiting_size = total;
	return flush(client);
}

static bool send_object(struct client *client, cJSON *object)
{
	cleanup_free char *text = object ? cJSON_PrintUnformatted(object) : NULL;

	cJSON_Delete(object);
	return text && send_text(client, text);
}

/* Answers each complete line: false when the client is lost. */
static bool serve_lines(struct client *client)
{
	char *newline;

	while (!client->closing && client->request_size > 0 &&
	       (newline = memchr(client->request, '\n', client->request_size))) {
		size_t size = (size_t)(newline - client->request);
		bool handed = false;
		cJSON *answer =
			control_answer(client->server->manager, client->request, size,
				       client->source.fd, &client->watches, &handed,
				       &client->closing);
		client->request_size -= size + 1;
		memmove(client->request, newline + 1, client->request_size);
		if (handed) {
			cJSON_Delete(answer);
			return false;
		}
		if (!send_object(client, answer))
			return false;
	}
	if (client->request_size >= KINC_CONTROL_REQUEST_MAX && !client->closing) {
		client->closing = true;
		return send_text(client, "{\"protocol\":1,\"ok\":false,\"error\":"
					 "\"the request is longer than 65536 bytes\"}");
	}
	return true;
}

static void client_ready(struct source *source, uint32_t events)
{
	struct client *client = container_of(source, struct client, source);
	bool alive = true;

	if (events & EPOLLOUT)
		alive = flush(client);
	if (alive && (events & EPOLLIN)) {
		alive = reserve(&client->request, &client->request_room, client->request_size + 1024);
		ssize_t got = !alive ? 0
				     : recv(source->fd, client->request + client->request_size,
					    client->request_room - client->request_size,
					    MSG_DONTWAIT);
		if (got > 0)
			client->request_size += (size_t)got;
		else if (got == 0 || (errno != EAGAIN && errno != EINTR))
			alive = false;
		if (alive)
			alive = serve_lines(client);
	} else if (alive && (events & (EPOLLHUP | EPOLLERR))) {
		alive = false;
	}
	if (!alive)
		client_drop(client);
}

static bool peer_is_trusted(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

static void listener_ready(struct source *source, uint32_t events)
{
	struct control_server *server = container_of(source, struct control_server, listener);
	cleanup_close int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0 || !peer_is_trusted(fd))
		return;
	if (server->client_count >= CONTROL_CLIENTS_MAX) {
		static const char full[] = "{\"protocol\":1,\"ok\":false,\"error\":\"kinc-init serves "
					   "as many clients as it can\"}\n";
		send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		return;
	}
	struct client *client = calloc(1, sizeof(*client));
	if (!client)
		return;
	client->server = server;
	client->source.fd = fd;
	client->source.ready = client_ready;
	if (loop_add(&server->manager->loop, &client->source, EPOLLIN, NULL) < 0) {
		free(client);
		return;
	}
	steal_fd(&fd);
	client->next = server->clients;
	server->clients = client;
	server->client_count++;
}

int control_open(struct control_server *server, struct manager *manager, const char *path,
		 struct kinc_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	server->manager = manager;
	if (fd < 0)
		return kinc_error_errno(err, errno, "cannot make the control socket");
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	unlink(path);
	mode_t before = umask(0177);
	int result = bind(fd, (struct sockaddr *)&address, sizeof(address));
	int code = errno;
	umask(before);
	if (result < 0)
		return kinc_error_errno(err, code, "cannot make the control socket %s", path);
	if (listen(fd, CONTROL_CLIENTS_MAX) < 0)
		return kinc_error_errno(err, errno, "cannot listen on %s", path);
	server->listener.fd = steal_fd(&fd);
	server->listener.ready = listener_ready;
	return loop_add(&manager->loop, &server->listener, EPOLLIN, err);
}

void control_close(struct control_server *server)
{
	while (server->clients)
		client_drop(server->clients);
	if (server->manager)
		loop_remove(&server->manager->loop, &server->listener);
}

static bool has_watchers(const struct control_server *server)
{
	for (const struct client *client = server->clients; client; client = client->next)
		if (client->watches)
			return true;
	return false;
}

/* Takes the event over. Without memory, watchers miss it: they are dropped, and ask again. */
static void broadcast(struct control_server *server, cJSON *event)
{
	cleanup_free char *text = event ? cJSON_PrintUnformatted(event) : NULL;
	struct client *next;

	cJSON_Delete(event);
	for (struct client *client = server->clients; client; client = next) {
		next = client->next;
		if (client->watches && (!text || !send_text(client, text)))
			client_drop(client);
	}
}

void control_tell_unit(struct control_server *server, const struct job *job)
{
	if (!has_watchers(server))
		return;
	cJSON *event = cJSON_CreateObject();
	cJSON_AddStringToObject(event, "event", "unit");
	cJSON *unit = status_unit(job);
	if (!cJSON_AddItemToObject(event, "unit", unit))
		cJSON_Delete(unit);
	broadcast(server, event);
}

void control_tell_state(struct control_server *server)
{
	const struct manager *manager = server->manager;

	if (!manager || !has_watchers(server))
		return;
	cJSON *event = cJSON_CreateObject();
	cJSON_AddStringToObject(event, "event", "state");
	cJSON_AddStringToObject(event, "state", boot_state_name(manager->state));
	uint64_t elapsed_ms = (loop_now_us() - manager->started_us) / 1000U;
	cJSON_AddNumberToObject(event, "elapsed_ms", (double)elapsed_ms);
	broadcast(server, event);
}

void control_tell_warning(struct control_server *server, const char *text)
{
	if (!has_watchers(server))
		return;
	cJSON *event = cJSON_CreateObject();
	cJSON_AddStringToObject(event, "event", "warning");
	cJSON_AddStringToObject(event, "text", text);
	broadcast(server, event);
}
