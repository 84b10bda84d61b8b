/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cleanup.h"
#include "invocation.h"
#include "io.h"
#include "json_write.h"

void trace_timestamp(char text[static 40])
{
	struct timespec now;
	struct tm parts;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	size_t length = strftime(text, 24, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text + length, 40 - length, ".%06ldZ", now.tv_nsec / 1000);
}

int trace_append(const char *path, const char *line, size_t size)
{
	cleanup_close int fd = open(
		path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd < 0)
		return -errno;
	return kinc_write_all(fd, line, size, NULL);
}

/* One line of JSON with its newline, for the caller to free; NULL without memory. */
static char *note_text(const char *call, const char *id, const struct report *report,
		       size_t *ret_size)
{
	char *text = NULL, time[40];
	FILE *out = open_memstream(&text, ret_size);

	if (!out)
		return NULL;
	trace_timestamp(time);
	json_write_member(out, "{", "id", id);
	json_write_member(out, ",", "call", call);
	json_write_member(out, ",", "time", time);
	fputs(",\"rules\":[", out);
	for (size_t i = 0; i < report->count; i++) {
		/* The report is in the order of the rules. */
		if (i > 0 && report->changes[i - 1].rule == report->changes[i].rule)
			continue;
		fputs(i ? "," : "", out);
		json_write_string(out, report->changes[i].rule);
	}
	fputs("],\"changes\":", out);
	report_write_json(report, out);
	fputs("}\n", out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static char *trace_path(const struct config *config, const char *id)
{
	char *path = NULL;

	if (!config->trace_dir || !invocation_id_is_safe(id))
		return NULL;
	return asprintf(&path, "%s/%s.json", config->trace_dir, id) < 0 ? NULL : path;
}

void trace_created(const struct config *config, const char *id, const struct report *report)
{
	cleanup_free char *path = trace_path(config, id);
	bool logged = config->log && report->count > 0;
	size_t size = 0;

	if (path && access(config->trace_dir, W_OK | X_OK) < 0) {
		free(path);
		path = NULL;
	}
	if (!path && !logged)
		return;
	cleanup_free char *text = note_text("create", id, report, &size);
	if (text && path)
		kinc_write_file_atomic(path, text, size, 0600, NULL);
	if (text && logged)
		trace_append(config->log, text, size);
}

void trace_executed(const struct config *config, const char *id, const struct report *report)
{
	size_t size = 0;

	if (!config->log || report->count == 0)
		return;
	cleanup_free char *text = note_text("exec", id, report, &size);
	if (text)
		trace_append(config->log, text, size);
}

void trace_deleted(const struct config *config, const char *id)
{
	cleanup_free char *path = trace_path(config, id);

	if (path)
		unlink(path);
}
