/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: the log helper is a forked child of PID 1 that reads
 * the units' pipes. It keeps the last lines of each unit in memory, serves
 * `kincctl log` over the client's own connection (log_client.c), shows tails
 * of failed units and graver lines on the container's stdout, and feeds the
 * log writer, which is yet another process because disks may hang. It ends
 * when PID 1 asks it to or has gone; when it dies, PID 1 starts the next one
 * on the same pipes.
 *
 * Pipes to the writer, which enters a narrower filter by itself:
 * #syscalls poll fcntl pipe fork prctl seccomp kill wait4
 */
#include "log_helper.h"

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
#include "log_level.h"
#include "log_writer.h"
#include "sandbox.h"
#include "story.h"
#include "syscalls/log_helper.h"

#define WRITER_PATIENCE_MS 100

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

/* line is NULL: nothing but how many were lost. */
static void feed_writer(struct channel *channel, const struct log_line *line)
{
	alignas(struct log_frame) char packet[sizeof(struct log_frame) + LOG_LINE_MAX];
	struct helper *helper = channel->helper;
	struct log_frame frame = {
		.unit = (uint16_t)channel->unit,
		.size = line ? line->size : 0,
		.dropped = channel->dropped,
		.is_line = line != NULL,
		.stream = line ? line->stream : LOG_STDOUT,
		.time_ms = line ? line->time_ms : wall_ms(),
	};

	static_assert(sizeof(packet) <= PIPE_BUF, "a frame must be written in one piece");
	memcpy(packet, &frame, sizeof(frame));
	if (frame.size > 0)
		memcpy(packet + sizeof(frame), line->text, frame.size);
	if (write_frame(helper, packet, sizeof(frame) + frame.size) == 0) {
		channel->dropped = 0;
		return;
	}
	channel->dropped += line != NULL;
	if (!channel->tell_lost.armed)
		timer_set(&helper->loop, &channel->tell_lost, 500);
}

/* After lost lines no other may come, which would have told of them. */
static void tell_lost(struct timer *timer)
{
	struct channel *channel = container_of(timer, struct channel, tell_lost);

	if (channel->dropped > 0)
		feed_writer(channel, NULL);
}

static void forward(const struct channel *channel, const struct log_line *line)
{
	const char *text;
	int level = log_level_read(line->text, &text);

	if (level == LOG_LEVEL_NONE)
		level = LOG_LEVEL_INFO;
	if (level <= channel->forward)
		story_quote(channel->helper->names[channel->unit], text);
}

static void take_line(struct stream *stream, const char *text, size_t size)
{
	struct channel *channel = stream->channel;
	struct log_line line = {
		.time_ms = wall_ms(), .size = (uint16_t)size, .stream = stream->number};

	memcpy(line.text, text, size);
	line.text[size] = '\0';
	log_ring_put(&channel->ring, &line);
	channel->unshown++;
	feed_writer(channel, &line);
	forward(channel, &line);
	log_client_tell(channel->helper, channel->unit, &line);
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

void channel_drain(struct channel *channel)
{
	for (int i = 0; i < LOG_STREAMS; i++)
		if (channel->streams[i].source.fd >= 0)
			drain(&channel->streams[i]);
}

static void stream_ready(struct source *source, uint32_t events)
{
	struct stream *stream = container_of(source, struct stream, source);

	drain(stream);
	if ((events & EPOLLHUP) && !(events & EPOLLIN))
		loop_remove(&stream->channel->helper->loop, source);
}

static void show_tail(struct helper *helper, const struct log_packet *request)
{
	struct channel *channel = helper->channels[request->query.unit];
	struct log_packet answer = {.verb = LOG_LAST, .query.unit = request->query.unit};
	struct log_line line;
	const char *text;

	channel_drain(channel);
	size_t lines = (size_t)request->query.lines;
	if (lines > channel->unshown)
		lines = channel->unshown;
	channel->unshown = 0;
	size_t position = log_ring_last(&channel->ring, lines);
	while (log_ring_next(&channel->ring, &position, &line)) {
		log_level_read(line.text, &text);
		story_quote(helper->names[channel->unit], text);
		if (*text)
			snprintf(answer.text, sizeof(answer.text), "%.399s", text);
	}
	if (answer.text[0])
		send(helper->requests.fd, &answer, sizeof(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
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

static bool is_kept(const struct helper *helper, unsigned unit)
{
	return unit < helper->manager->units.count && helper->channels[unit];
}

static void requests_ready(struct source *source, uint32_t events)
{
	struct helper *helper = container_of(source, struct helper, requests);
	struct log_packet request = {0};
	int fd = -EBADF;
	int result = receive(helper, &request, &fd);

	(void)events;
	if (result == -ECONNRESET || (result == 0 && request.verb == LOG_QUIT))
		helper->quit = true;
	else if (result == 0 && request.verb == LOG_TAIL && is_kept(helper, request.query.unit))
		show_tail(helper, &request);
	else if (result == 0 && request.verb == LOG_SERVE && fd >= 0 &&
		 (request.query.unit == LOG_OF_ALL || is_kept(helper, request.query.unit)))
		log_client_serve(helper, &request.query, steal_fd(&fd));
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
	for (size_t i = 0; i < manager->units.count; i++) {
		for (int j = 0; j < LOG_STREAMS; j++) {
			int pipe = manager->jobs[i].log_pipes[j][0];
			if (pipe >= 0 && pipe < highest)
				keep[pipe] = true;
		}
	}
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

static struct channel *open_channel(struct helper *helper, const struct job *job)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return NULL;
	channel->helper = helper;
	channel->unit = (unsigned)job->unit->index;
	channel->forward = job->unit->log.forward;
	channel->tell_lost.fired = tell_lost;
	for (int i = 0; i < LOG_STREAMS; i++) {
		struct stream *stream = &channel->streams[i];
		stream->channel = channel;
		stream->number = (uint8_t)i;
		stream->source.fd = job->log_pipes[i][0];
		stream->source.ready = stream_ready;
	}
	return channel;
}

static int open_channels(struct helper *helper)
{
	struct manager *manager = helper->manager;

	helper->names = calloc(manager->units.count, sizeof(*helper->names));
	helper->channels = calloc(manager->units.count, sizeof(struct channel *));
	if (!helper->names || !helper->channels)
		return -ENOMEM;
	for (size_t i = 0; i < manager->units.count; i++) {
		helper->names[i] = manager->units.items[i]->name;
		if (manager->jobs[i].log_pipes[0][0] < 0)
			continue;
		helper->channels[i] = open_channel(helper, &manager->jobs[i]);
		if (!helper->channels[i])
			return -ENOMEM;
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
	if (open_channels(&helper) < 0)
		return 1;
	/* A refused call costs one line or one client, an end by it would cost more. */
	if (kinc_sandbox_enter(syscalls_log_helper, KINC_SANDBOX_REFUSE, &err) < 0)
		story_tell("kinc-log", "%s; it goes on without", err.message);
	start_writer(&helper);
	if (loop_open(&helper.loop, NULL) < 0 ||
	    loop_add(&helper.loop, &helper.requests, EPOLLIN, NULL) < 0)
		return 1;
	for (size_t i = 0; i < manager->units.count; i++)
		for (int j = 0; helper.channels[i] && j < LOG_STREAMS; j++)
			loop_add(&helper.loop, &helper.channels[i]->streams[j].source, EPOLLIN,
				 NULL);
	while (!helper.quit)
		loop_turn(&helper.loop);
	for (size_t i = 0; i < manager->units.count; i++)
		if (helper.channels[i])
			channel_drain(helper.channels[i]);
	stop_writer(&helper, 0);
	return 0;
}
