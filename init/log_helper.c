/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: the log helper is a forked child of PID 1 that reads
 * the units' pipes. It keeps the last lines of each unit in memory, serves
 * `kincctl log` from there and over the client's own connection, shows tails
 * of failed units on the container's stdout, and feeds the log writer, which
 * is yet another process because disks may hang. It ends when PID 1 asks it to
 * or has gone; when it dies, PID 1 starts the next one on the same pipes.
 *
 * Clients, and pipes to the writer, which enters a narrower filter by itself:
 * #syscalls send recv setsockopt poll fcntl pipe fork prctl seccomp kill wait4
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "json.h"
#include "log_ring.h"
#include "log_writer.h"
#include "manager.h"
#include "sandbox.h"
#include "story.h"
#include "syscalls/log_helper.h"

#define WRITER_PATIENCE_MS 100

struct stream {
	struct source source;
	struct helper *helper;
	unsigned unit;
	struct log_ring ring;
	uint32_t dropped; /* lines that the writer had no room for */
	struct timer tell_lost;
	size_t unshown;	  /* lines since the last tail */
	size_t size;
	char partial[LOG_LINE_MAX];
};

struct follower {
	struct follower *next;
	struct helper *helper;
	struct source source;
	unsigned unit;
};

struct helper {
	struct manager *manager;
	struct loop loop;
	struct source requests;
	struct stream **streams; /* per unit; NULL for units without output */
	struct follower *followers;
	char **names;
	int writer;
	pid_t writer_pid;
	uint64_t writer_since_ms;
	bool stuck; /* the writer took nothing when last asked */
	bool quit;
};

static uint64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000U + (uint64_t)now.tv_nsec / 1000000U;
}

static void start_writer(struct helper *helper)
{
	int pipes[2];

	helper->writer = -EBADF;
	helper->writer_since_ms = wall_ms();
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return;
	helper->writer_pid = fork();
	if (helper->writer_pid < 0) {
		/* kill() must never see -1. */
		helper->writer_pid = 0;
		close(pipes[0]);
		close(pipes[1]);
		return;
	}
	if (helper->writer_pid == 0) {
		prctl(PR_SET_NAME, "kinc-log-disk");
		close(pipes[1]);
		log_writer(pipes[0], LOG_DIRECTORY, helper->names, helper->manager->units.count);
		_exit(0);
	}
	close(pipes[0]);
	fcntl(pipes[1], F_SETPIPE_SZ, 1 << 20);
	fcntl(pipes[1], F_SETFL, O_NONBLOCK);
	helper->writer = pipes[1];
}

/* Ends its pipe, sends the signal (0: none), and waits for it. */
static void stop_writer(struct helper *helper, int number)
{
	if (helper->writer_pid <= 0)
		return;
	close(helper->writer);
	if (number > 0)
		kill(helper->writer_pid, number);
	waitpid(helper->writer_pid, NULL, 0);
	helper->writer = -EBADF;
	helper->writer_pid = 0;
}

/*
 * One frame into the writer's pipe; negative when it does not fit. A full pipe
 * means a disk slower than the unit: waiting a little slows the unit down
 * instead of losing its lines. A disk that hangs is waited for only once.
 */
static int write_frame(struct helper *helper, const void *frame, size_t size)
{
	struct pollfd room = {.fd = helper->writer, .events = POLLOUT};

	if (write(helper->writer, frame, size) >= 0) {
		helper->stuck = false;
		return 0;
	}
	if (errno == EAGAIN && !helper->stuck && poll(&room, 1, WRITER_PATIENCE_MS) >= 0 &&
	    write(helper->writer, frame, size) >= 0)
		return 0;
	int code = errno;
	helper->stuck = true;
	/* The writer has died: another one, but not more than one a second. */
	if (code != EAGAIN && wall_ms() - helper->writer_since_ms > 1000U) {
		stop_writer(helper, SIGKILL);
		start_writer(helper);
	}
	return -code;
}

static void feed_writer(struct stream *stream, uint64_t time_ms, const char *text, size_t size)
{
	alignas(struct log_frame) char packet[sizeof(struct log_frame) + LOG_LINE_MAX];
	struct helper *helper = stream->helper;
	struct log_frame frame = {
		.unit = (uint16_t)stream->unit,
		.size = (uint16_t)size,
		.dropped = stream->dropped,
		.is_line = text != NULL,
		.time_ms = time_ms,
	};

	static_assert(sizeof(packet) <= PIPE_BUF, "a frame must be written in one piece");
	memcpy(packet, &frame, sizeof(frame));
	if (size > 0)
		memcpy(packet + sizeof(frame), text, size);
	if (write_frame(helper, packet, sizeof(frame) + size) == 0) {
		stream->dropped = 0;
		return;
	}
	stream->dropped += text != NULL;
	if (!stream->tell_lost.armed)
		timer_set(&helper->loop, &stream->tell_lost, 500);
}

/* After lost lines no other may come, which would have told of them. */
static void tell_lost(struct timer *timer)
{
	struct stream *stream = container_of(timer, struct stream, tell_lost);

	if (stream->dropped > 0)
		feed_writer(stream, wall_ms(), NULL, 0);
}

static void follower_free(struct follower *follower)
{
	loop_remove(&follower->helper->loop, &follower->source);
	free(follower);
}

static void follower_drop(struct follower *follower)
{
	struct follower **at = &follower->helper->followers;

	while (*at && *at != follower)
		at = &(*at)->next;
	if (*at)
		*at = follower->next;
	follower_free(follower);
}

/* One line event; false when the client does not take it. */
static bool send_line(struct helper *helper, int fd, unsigned unit, const struct log_line *line)
{
	char when[32];
	cJSON *event = cJSON_CreateObject();

	log_format_time(line->time_ms, when);
	cJSON_AddStringToObject(event, "event", "line");
	cJSON_AddStringToObject(event, "unit", helper->names[unit]);
	cJSON_AddStringToObject(event, "time", when);
	cJSON_AddStringToObject(event, "text", line->text);
	cleanup_free char *text = cJSON_PrintUnformatted(event);
	cJSON_Delete(event);
	if (!text)
		return false;
	size_t size = strlen(text);
	text[size] = '\n'; /* in place of the NUL: the size is known */
	return send(fd, text, size + 1, MSG_NOSIGNAL) == (ssize_t)(size + 1);
}

static void take_line(struct stream *stream, const char *text, size_t size)
{
	struct helper *helper = stream->helper;
	struct log_line line = {.time_ms = wall_ms(), .size = (uint16_t)size};

	memcpy(line.text, text, size);
	line.text[size] = '\0';
	log_ring_put(&stream->ring, line.time_ms, text, size);
	stream->unshown++;
	feed_writer(stream, line.time_ms, text, size);
	struct follower **at = &helper->followers;
	while (*at) {
		struct follower *follower = *at;
		if (follower->unit == stream->unit &&
		    !send_line(helper, follower->source.fd, stream->unit, &line)) {
			*at = follower->next;
			follower_free(follower);
		} else {
			at = &follower->next;
		}
	}
}

/* Reads what the pipe holds now, at most 64 pieces, and cuts it into lines. */
static void drain(struct stream *stream)
{
	for (int i = 0; i < 64; i++) {
		struct pollfd there = {.fd = stream->source.fd, .events = POLLIN};
		if (poll(&there, 1, 0) != 1 || !(there.revents & POLLIN))
			return;
		ssize_t got = read(stream->source.fd, stream->partial + stream->size,
				   sizeof(stream->partial) - stream->size);
		if (got <= 0)
			return;
		stream->size += (size_t)got;
		char *start = stream->partial, *newline;
		size_t left = stream->size;
		while (left > 0 && (newline = memchr(start, '\n', left))) {
			take_line(stream, start, (size_t)(newline - start));
			left -= (size_t)(newline - start) + 1;
			start = newline + 1;
		}
		memmove(stream->partial, start, left);
		stream->size = left;
		if (stream->size == sizeof(stream->partial)) {
			take_line(stream, stream->partial, stream->size);
			stream->size = 0;
		}
	}
}

static void stream_ready(struct source *source, uint32_t events)
{
	struct stream *stream = container_of(source, struct stream, source);

	drain(stream);
	if ((events & EPOLLHUP) && !(events & EPOLLIN))
		loop_remove(&stream->helper->loop, source);
}

static void show_tail(struct helper *helper, const struct log_packet *request)
{
	struct stream *stream = helper->streams[request->unit];
	struct log_packet answer = {.verb = LOG_LAST, .unit = request->unit};
	struct log_line line;

	drain(stream);
	size_t lines = (size_t)request->lines;
	if (lines > stream->unshown)
		lines = stream->unshown;
	stream->unshown = 0;
	size_t position = log_ring_last(&stream->ring, lines);
	while (log_ring_next(&stream->ring, &position, &line)) {
		story_quote(helper->names[request->unit], line.text);
		if (line.size > 0)
			snprintf(answer.text, sizeof(answer.text), "%.399s", line.text);
	}
	if (answer.text[0])
		send(helper->requests.fd, &answer, sizeof(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void follower_ready(struct source *source, uint32_t events)
{
	struct follower *follower = container_of(source, struct follower, source);
	char ignored[256];

	(void)events;
	ssize_t got = recv(source->fd, ignored, sizeof(ignored), MSG_DONTWAIT);
	if (got == 0 || (got < 0 && errno != EAGAIN))
		follower_drop(follower);
}

static void serve(struct helper *helper, const struct log_packet *request, int client)
{
	cleanup_close int fd = client;
	struct stream *stream = helper->streams[request->unit];
	const struct timeval patience = {.tv_sec = 2};
	const int room = 1 << 20;
	struct log_line line;
	char answer[200];

	/* A reader that stops reading costs two seconds of the helper, not more. */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	drain(stream);
	int size = snprintf(answer, sizeof(answer), "{\"protocol\":1,\"ok\":true,\"unit\":\"%s\"}\n",
			    helper->names[request->unit]);
	if (send(fd, answer, (size_t)size, MSG_NOSIGNAL) != size)
		return;
	size_t position = log_ring_last(&stream->ring, (size_t)request->lines);
	while (log_ring_next(&stream->ring, &position, &line))
		if (!send_line(helper, fd, request->unit, &line))
			return;
	struct follower *follower = request->follow ? calloc(1, sizeof(*follower)) : NULL;
	if (!follower)
		return;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	follower->helper = helper;
	follower->unit = request->unit;
	follower->source.fd = steal_fd(&fd);
	follower->source.ready = follower_ready;
	follower->next = helper->followers;
	helper->followers = follower;
	if (loop_add(&helper->loop, &follower->source, EPOLLIN, NULL) < 0)
		follower_drop(follower);
}

static int receive(struct helper *helper, struct log_packet *packet, int *ret_fd)
{
	alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {packet, sizeof(*packet)};
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got = recvmsg(helper->requests.fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (got == 0)
		return -ECONNRESET;
	if (got < 0)
		return -errno;
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
	if (rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(rights), sizeof(*ret_fd));
	return got == sizeof(*packet) ? 0 : -EPROTO;
}

static void requests_ready(struct source *source, uint32_t events)
{
	struct helper *helper = container_of(source, struct helper, requests);
	struct log_packet request = {0};
	int fd = -EBADF;
	int result = receive(helper, &request, &fd);

	(void)events;
	if (result == -ECONNRESET || (result == 0 && request.verb == LOG_QUIT)) {
		helper->quit = true;
	} else if (result == 0 && request.unit < helper->manager->units.count &&
		   helper->streams[request.unit]) {
		if (request.verb == LOG_TAIL)
			show_tail(helper, &request);
		else if (request.verb == LOG_SERVE && fd >= 0)
			serve(helper, &request, steal_fd(&fd));
	}
	if (fd >= 0)
		close(fd);
}

/* What PID 1 had open is not this process's business, and pipes must end. */
static void close_others(const struct helper *helper)
{
	const struct manager *manager = helper->manager;
	int highest = (int)sysconf(_SC_OPEN_MAX);

	if (highest > 65536)
		highest = 65536;
	bool *keep = calloc((size_t)highest, sizeof(*keep));
	if (!keep)
		return;
	for (size_t i = 0; i < manager->units.count; i++)
		if (manager->jobs[i].log_pipe[0] >= 0 && manager->jobs[i].log_pipe[0] < highest)
			keep[manager->jobs[i].log_pipe[0]] = true;
	if (helper->requests.fd < highest)
		keep[helper->requests.fd] = true;
	for (int first = 3; first < highest; first++) {
		if (keep[first])
			continue;
		int last = first;
		while (last + 1 < highest && !keep[last + 1])
			last++;
		close_range((unsigned)first, last + 1 == highest ? ~0U : (unsigned)last, 0);
		first = last;
	}
	free(keep);
}

static int open_streams(struct helper *helper)
{
	struct manager *manager = helper->manager;

	helper->names = calloc(manager->units.count, sizeof(*helper->names));
	helper->streams = calloc(manager->units.count, sizeof(struct stream *));
	if (!helper->names || !helper->streams)
		return -ENOMEM;
	for (size_t i = 0; i < manager->units.count; i++) {
		helper->names[i] = manager->units.items[i]->name;
		if (manager->jobs[i].log_pipe[0] < 0)
			continue;
		struct stream *stream = calloc(1, sizeof(*stream));
		if (!stream)
			return -ENOMEM;
		stream->helper = helper;
		stream->unit = (unsigned)i;
		stream->source.fd = manager->jobs[i].log_pipe[0];
		stream->source.ready = stream_ready;
		stream->tell_lost.fired = tell_lost;
		helper->streams[i] = stream;
	}
	return 0;
}

int log_helper(struct manager *manager, int requests)
{
	static struct helper helper;
	struct kinc_error err;

	helper = (struct helper){
		.manager = manager,
		.requests = {.fd = requests, .ready = requests_ready},
	};
	signal(SIGPIPE, SIG_IGN);
	/* It ends after everybody else, also when all are told to. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	close_others(&helper);
	if (open_streams(&helper) < 0)
		return 1;
	/* A refused call costs one line or one client, an end by it would cost more. */
	if (kinc_sandbox_enter(syscalls_log_helper, KINC_SANDBOX_REFUSE, &err) < 0)
		story_tell("kinc-log", "%s; it goes on without", err.message);
	start_writer(&helper);
	if (loop_open(&helper.loop, NULL) < 0 ||
	    loop_add(&helper.loop, &helper.requests, EPOLLIN, NULL) < 0)
		return 1;
	for (size_t i = 0; i < manager->units.count; i++)
		if (helper.streams[i])
			loop_add(&helper.loop, &helper.streams[i]->source, EPOLLIN, NULL);
	while (!helper.quit)
		loop_turn(&helper.loop);
	for (size_t i = 0; i < manager->units.count; i++)
		if (helper.streams[i] && helper.streams[i]->source.fd >= 0)
			drain(helper.streams[i]);
	stop_writer(&helper, 0);
	return 0;
}
