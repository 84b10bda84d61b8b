/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: who asks for one unit's lines in memory is answered at
 * once. Files and the lines of all units take longer, so a process of its own
 * (log_history.c) sends those; what is written meanwhile is held for who
 * follows, and comes after it.
 *
 * #syscalls send recv setsockopt fcntl pipe fork prctl kill wait4
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "json.h"
#include "log_helper.h"
#include "log_level.h"
#include "log_writer.h"

#define HISTORIES_MAX 8
#define HELD_MAX (1U << 20) /* bytes of lines for a client that still gets its history */

struct log_client {
	struct log_client *next;
	struct helper *helper;
	struct source source;  /* the connection */
	struct source history; /* ends when that process does */
	pid_t history_pid;     /* 0: none */
	struct log_query query;
	char *held;
	size_t held_size;
};

static char *format_event(const char *unit, const struct log_line *line, size_t *ret_size)
{
	char when[32];
	const char *text;
	int level = log_level_read(line->text, &text);
	cleanup_json cJSON *event = cJSON_CreateObject();

	log_format_time(line->time_ms, when);
	cJSON_AddStringToObject(event, "event", "line");
	cJSON_AddStringToObject(event, "unit", unit);
	cJSON_AddStringToObject(event, "time", when);
	cJSON_AddStringToObject(event, "stream", log_stream_name(line->stream));
	if (level != LOG_LEVEL_NONE)
		cJSON_AddStringToObject(event, "level", log_level_words[level]);
	cJSON_AddStringToObject(event, "text", text);
	char *json = cJSON_PrintUnformatted(event);
	if (!json)
		return NULL;
	*ret_size = strlen(json) + 1;
	json[*ret_size - 1] = '\n'; /* in place of the NUL: the size is known */
	return json;
}

static bool send_all(int fd, const char *text, size_t size)
{
	return send(fd, text, size, MSG_NOSIGNAL) == (ssize_t)size;
}

bool log_client_send(int fd, const char *unit, const struct log_line *line)
{
	size_t size = 0;
	cleanup_free char *text = format_event(unit, line, &size);

	return text && send_all(fd, text, size);
}

static void drop(struct log_client *client)
{
	struct log_client **at = &client->helper->clients;

	while (*at && *at != client)
		at = &(*at)->next;
	if (*at)
		*at = client->next;
	loop_remove(&client->helper->loop, &client->source);
	loop_remove(&client->helper->loop, &client->history);
	if (client->history_pid > 0) {
		kill(client->history_pid, SIGKILL);
		waitpid(client->history_pid, NULL, 0);
	}
	free(client->held);
	free(client);
}

static bool hold(struct log_client *client, const char *unit, const struct log_line *line)
{
	size_t size = 0;
	cleanup_free char *text = format_event(unit, line, &size);
	char *more = text && client->held_size + size <= HELD_MAX
			     ? realloc(client->held, client->held_size + size)
			     : NULL;

	if (!more)
		return false;
	memcpy(more + client->held_size, text, size);
	client->held = more;
	client->held_size += size;
	return true;
}

void log_client_tell(struct helper *helper, unsigned unit, const struct log_line *line)
{
	for (struct log_client *client = helper->clients, *next; client; client = next) {
		next = client->next;
		if (!client->query.follow ||
		    (client->query.unit != LOG_OF_ALL && client->query.unit != unit))
			continue;
		if (client->history_pid > 0 ? !hold(client, helper->names[unit], line)
					    : !log_client_send(client->source.fd,
							       helper->names[unit], line))
			drop(client);
	}
}

static void client_ready(struct source *source, uint32_t events)
{
	struct log_client *client = container_of(source, struct log_client, source);
	char ignored[256];

	(void)events;
	ssize_t got = recv(source->fd, ignored, sizeof(ignored), MSG_DONTWAIT);
	if (got == 0 || (got < 0 && errno != EAGAIN))
		drop(client);
}

static void set_blocking(int fd, bool blocks)
{
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, blocks ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

/* From now on its lines come as they are written. */
static void history_ended(struct source *source, uint32_t events)
{
	struct log_client *client = container_of(source, struct log_client, history);
	bool taken = true;

	(void)events;
	waitpid(client->history_pid, NULL, 0);
	client->history_pid = 0;
	loop_remove(&client->helper->loop, source);
	set_blocking(client->source.fd, true);
	if (client->held_size > 0)
		taken = send_all(client->source.fd, client->held, client->held_size);
	free(client->held);
	client->held = NULL;
	client->held_size = 0;
	if (!client->query.follow || !taken) {
		drop(client);
		return;
	}
	set_blocking(client->source.fd, false);
}

/* True when the process runs that sends what was. */
static bool start_history(struct log_client *client)
{
	struct helper *helper = client->helper;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NAME, "kinc-log-read");
		/* Whoever waits for the end of these does not wait for this process. */
		close(ends[0]);
		close(helper->writer);
		for (const struct log_client *other = helper->clients; other; other = other->next)
			close(other->source.fd);
		log_history_send(helper, &client->query, client->source.fd);
		_exit(0);
	}
	close(ends[1]);
	client->history.fd = ends[0];
	client->history.ready = history_ended;
	if (pid < 0 || loop_add(&helper->loop, &client->history, EPOLLIN, NULL) < 0) {
		loop_remove(&helper->loop, &client->history);
		return false;
	}
	client->history_pid = pid;
	return true;
}

static size_t count_histories(const struct helper *helper)
{
	size_t count = 0;

	for (const struct log_client *client = helper->clients; client; client = client->next)
		count += client->history_pid > 0;
	return count;
}

static bool send_memory(const struct log_client *client)
{
	const struct channel *channel = client->helper->channels[client->query.unit];
	struct log_line line;
	size_t position = log_ring_last(&channel->ring, (size_t)client->query.lines);

	while (log_ring_next(&channel->ring, &position, &line))
		if (!log_client_send(client->source.fd, client->helper->names[channel->unit], &line))
			return false;
	return true;
}

static bool begin(struct log_client *client)
{
	static const char busy[] =
		"{\"protocol\":1,\"ok\":false,\"error\":\"too many ask for logs at once; try again\"}\n";
	struct helper *helper = client->helper;
	bool long_one = client->query.unit == LOG_OF_ALL || client->query.since_ms > 0;
	char answer[200] = "{\"protocol\":1,\"ok\":true}\n";

	if (long_one && count_histories(helper) >= HISTORIES_MAX)
		return send_all(client->source.fd, busy, sizeof(busy) - 1) && false;
	if (client->query.unit != LOG_OF_ALL)
		snprintf(answer, sizeof(answer), "{\"protocol\":1,\"ok\":true,\"unit\":\"%s\"}\n",
			 helper->names[client->query.unit]);
	for (size_t i = 0; i < helper->manager->units.count; i++)
		if (helper->channels[i] &&
		    (client->query.unit == LOG_OF_ALL || client->query.unit == i))
			channel_drain(helper->channels[i]);
	if (!send_all(client->source.fd, answer, strlen(answer)))
		return false;
	if (long_one)
		return start_history(client);
	if (!send_memory(client) || !client->query.follow)
		return false;
	set_blocking(client->source.fd, false);
	return true;
}

void log_client_serve(struct helper *helper, const struct log_query *query, int fd)
{
	const struct timeval patience = {.tv_sec = 2};
	const int room = 1 << 20;
	struct log_client *client = calloc(1, sizeof(*client));

	if (!client) {
		close(fd);
		return;
	}
	/* A reader that stops reading costs two seconds of the helper, not more. */
	set_blocking(fd, true);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	client->helper = helper;
	client->query = *query;
	client->source.fd = fd;
	client->source.ready = client_ready;
	client->history.fd = -EBADF;
	client->next = helper->clients;
	if (!begin(client)) {
		loop_remove(&helper->loop, &client->source);
		free(client);
		return;
	}
	helper->clients = client;
	if (loop_add(&helper->loop, &client->source, EPOLLIN, NULL) < 0)
		drop(client);
}
