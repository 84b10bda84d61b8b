/* SPDX-License-Identifier: MIT */
#include "story.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flight.h"
#include "loop.h"

static struct {
	uint64_t started_us;
	unsigned dropped;
} story;

void story_begin(uint64_t started_us)
{
	story.started_us = started_us;
}

/*
 * stdout is the container runtime's pipe or terminal, shared with others, so
 * it cannot be made non-blocking. But a pipe that polls writable takes
 * PIPE_BUF bytes at once, and a line is shorter than that.
 */
static int put(const char *line, size_t size)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

	if (poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT))
		return -1;
	return write(STDOUT_FILENO, line, size) == (ssize_t)size ? 0 : -1;
}

/* After lines for which there was no room, first how many. */
static void put_counted(const char *line, size_t size)
{
	char text[100];

	if (story.dropped > 0) {
		int told = snprintf(text, sizeof(text), "[%9.3f] (%u lines were dropped here)\n",
				    (double)(loop_now_us() - story.started_us) / 1e6, story.dropped);
		if (put(text, (size_t)told) < 0) {
			story.dropped++;
			return;
		}
		story.dropped = 0;
	}
	if (put(line, size) < 0)
		story.dropped++;
}

void story_quote(const char *who, const char *line)
{
	char text[4096]; /* PIPE_BUF */
	int size = snprintf(text, sizeof(text) - 1, "%12s%-20s | %s", "", who, line);

	if (size < 0)
		return;
	size_t length = strlen(text);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' && text[i] != '\t')
			text[i] = '?';
	text[length] = '\n';
	put_counted(text, length + 1);
}

void story_tell(const char *who, const char *format, ...)
{
	char text[1800], line[2048];
	uint64_t passed = loop_now_us() - story.started_us;
	va_list args;

	va_start(args, format);
	int size = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (size < 0)
		return;
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	flight_event(who, text);
	size = snprintf(line, sizeof(line), "[%9.3f] %-20.100s %s\n", (double)passed / 1e6, who,
			text);
	put_counted(line, (size_t)size);
}
