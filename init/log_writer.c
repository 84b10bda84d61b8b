/* SPDX-License-Identifier: MIT */
#include "log_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "logs.h"
#include "sandbox.h"
#include "syscalls/log_writer.h"

/*
 * The log directory and the files in it; memory for them was asked for before.
 * #syscalls open mkdir rename
 */

struct log_file {
	int fd;
	off_t size;
	uint32_t lost; /* lines that the disk refused */
};

void log_format_time(uint64_t time_ms, char *text)
{
	time_t seconds = (time_t)(time_ms / 1000U);
	struct tm parts;
	char day[24];

	gmtime_r(&seconds, &parts);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text, 32, "%s.%03uZ", day, (unsigned)(time_ms % 1000U));
}

const char *log_stream_name(unsigned stream)
{
	return stream == LOG_STDERR ? "stderr" : "stdout";
}

static bool file_open(struct log_file *file, const char *directory, const char *name)
{
	char path[512];
	struct stat status;

	if (file->fd >= 0)
		return true;
	snprintf(path, sizeof(path), "%s/%s.log", directory, name);
	file->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (file->fd < 0)
		return false;
	file->size = fstat(file->fd, &status) == 0 ? status.st_size : 0;
	return true;
}

static void file_rotate(struct log_file *file, const char *directory, const char *name)
{
	char path[512], from[532], to[532];

	if (file->size < LOG_FILE_MAX)
		return;
	snprintf(path, sizeof(path), "%s/%s.log", directory, name);
	for (int i = LOG_FILES_OLD; i > 1; i--) {
		snprintf(from, sizeof(from), "%s.%d", path, i - 1);
		snprintf(to, sizeof(to), "%s.%d", path, i);
		rename(from, to);
	}
	snprintf(to, sizeof(to), "%s.1", path);
	rename(path, to);
	close(file->fd);
	file->fd = -EBADF;
}

static void file_put(struct log_file *file, const char *directory, const char *name,
		     const struct log_frame *frame, const char *text)
{
	char line[LOG_LINE_MAX + 128], when[32];
	int size = 0;

	if (!file_open(file, directory, name)) {
		file->lost++;
		return;
	}
	log_format_time(frame->time_ms, when);
	uint32_t lost = file->lost + frame->dropped;
	if (lost > 0)
		size = snprintf(line, sizeof(line), "%s (%u lines were lost here)\n", when, lost);
	if (frame->is_line)
		size += snprintf(line + size, sizeof(line) - (size_t)size, "%s %s %.*s\n", when,
				 log_stream_name(frame->stream), (int)frame->size, text);
	struct kinc_error err;
	if (kinc_write_all(file->fd, line, (size_t)size, &err) < 0) {
		file->lost = lost + 1;
		return;
	}
	file->lost = 0;
	file->size += size;
	file_rotate(file, directory, name);
}

static bool read_all(int fd, void *data, size_t size)
{
	char *at = data;

	while (size > 0) {
		ssize_t got = read(fd, at, size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		size -= (size_t)got;
	}
	return true;
}

void log_writer(int frames, const char *directory, char *const *names, size_t count)
{
	struct log_file *files = calloc(count, sizeof(*files));
	struct log_frame frame;
	struct kinc_error err;
	char text[LOG_LINE_MAX];

	if (kinc_sandbox_enter(syscalls_log_writer, KINC_SANDBOX_REFUSE, &err) < 0)
		fprintf(stderr, "kinc-log-disk: %s; it goes on without\n", err.message);
	kinc_make_directories(directory, 0750, NULL);
	for (size_t i = 0; files && i < count; i++)
		files[i].fd = -EBADF;
	while (files && read_all(frames, &frame, sizeof(frame))) {
		if (frame.size > sizeof(text) || frame.unit >= count ||
		    !read_all(frames, text, frame.size))
			break;
		file_put(&files[frame.unit], directory, names[frame.unit], &frame, text);
	}
	for (size_t i = 0; files && i < count; i++)
		if (files[i].fd >= 0)
			close(files[i].fd);
	free(files);
}
