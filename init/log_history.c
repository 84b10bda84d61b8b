/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: what a unit wrote is its files, the oldest first, and
 * then the lines in memory, as far as they are not in the files already. Of
 * several units the line with the earliest time comes first. Two passes: one
 * counts, so that the other knows where the last so many lines begin; files
 * are held open, so both see the same.
 *
 * Files are read with stdio:
 * #syscalls open read lseek fstat
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "log_helper.h"
#include "log_writer.h"

/* The lines of one unit, one after the other. */
struct history {
	const struct channel *channel;
	FILE *files[LOG_FILES_OLD + 1]; /* the oldest first; NULL: none */
	size_t file;
	uint64_t since_ms;
	uint64_t memory_ms; /* of the oldest line in memory; files count up to there */
	size_t both;	    /* lines of that time in files that are not in memory */
	size_t same;	    /* of that time, seen so far */
	size_t position;    /* in memory */
	bool there;	    /* line holds the next one */
	struct log_line line;
};

static const char *read_word(const char *text, const char *word)
{
	size_t size = strlen(word);

	return strncmp(text, word, size) == 0 && text[size] == ' ' ? text + size + 1 : NULL;
}

/* "TIME STREAM TEXT" as the writer puts it; a line without a stream is the writer's own. */
static bool parse(char *text, struct log_line *line)
{
	struct tm parts = {0};
	char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
	const char *of_stdout, *of_stderr;

	if (!rest || *rest != '.' || strlen(rest) < 6 || rest[4] != 'Z' || rest[5] != ' ')
		return false;
	line->time_ms = (uint64_t)timegm(&parts) * 1000U + strtoul(rest + 1, NULL, 10);
	rest += 6;
	rest[strcspn(rest, "\n")] = '\0';
	of_stdout = read_word(rest, "stdout");
	of_stderr = of_stdout ? NULL : read_word(rest, "stderr");
	line->stream = of_stderr ? LOG_STDERR : LOG_STDOUT;
	line->size = (uint16_t)snprintf(line->text, sizeof(line->text), "%s",
					of_stdout   ? of_stdout
					: of_stderr ? of_stderr
						    : rest);
	return true;
}

/* The next line of the files that counts. */
static bool next_of_files(struct history *history)
{
	char text[LOG_LINE_MAX + 128];

	while (history->file <= LOG_FILES_OLD) {
		FILE *file = history->files[history->file];
		if (!file || !fgets(text, sizeof(text), file)) {
			history->file++;
			continue;
		}
		if (!parse(text, &history->line) || history->line.time_ms < history->since_ms)
			continue;
		if (history->memory_ms == 0 || history->line.time_ms < history->memory_ms)
			return true;
		if (history->line.time_ms == history->memory_ms && history->same++ < history->both)
			return true;
	}
	return false;
}

static void advance(struct history *history)
{
	history->there = next_of_files(history);
	while (!history->there &&
	       log_ring_next(&history->channel->ring, &history->position, &history->line))
		history->there = history->line.time_ms >= history->since_ms;
}

static void rewind_all(struct history *history)
{
	for (size_t i = 0; i <= LOG_FILES_OLD; i++)
		if (history->files[i])
			rewind(history->files[i]);
	history->file = history->same = history->position = 0;
	advance(history);
}

/* How many lines of the oldest time in memory are in the files alone? */
static void count_both(struct history *history)
{
	const struct log_ring *ring = &history->channel->ring;
	struct log_line line;
	size_t in_memory = 0, in_files = 0, position = 0;

	history->memory_ms = log_ring_time(ring, 0);
	if (history->memory_ms == 0)
		return;
	while (log_ring_next(ring, &position, &line) && line.time_ms == history->memory_ms)
		in_memory++;
	history->both = SIZE_MAX;
	while (next_of_files(history))
		in_files += history->line.time_ms == history->memory_ms;
	history->both = in_files > in_memory ? in_files - in_memory : 0;
}

static void history_open(struct history *history, struct channel *channel, const char *name,
			 uint64_t since_ms)
{
	char path[512], suffix[16];
	struct stat status;

	*history = (struct history){.channel = channel, .since_ms = since_ms};
	for (int i = 0; since_ms > 0 && i <= LOG_FILES_OLD; i++) {
		int age = LOG_FILES_OLD - i;
		if (age > 0)
			snprintf(suffix, sizeof(suffix), ".%d", age);
		else
			suffix[0] = '\0';
		snprintf(path, sizeof(path), LOG_DIRECTORY "/%s.log%s", name, suffix);
		FILE *file = fopen(path, "re");
		/* Written last before that: nothing in it counts. */
		if (file && fstat(fileno(file), &status) == 0 &&
		    (uint64_t)status.st_mtime < since_ms / 1000U) {
			fclose(file);
			file = NULL;
		}
		history->files[i] = file;
	}
	count_both(history);
}

static struct history *earliest(struct history *histories, size_t count)
{
	struct history *first = NULL;

	for (size_t i = 0; i < count; i++)
		if (histories[i].there && (!first || histories[i].line.time_ms < first->line.time_ms))
			first = &histories[i];
	return first;
}

static size_t count_lines(struct history *histories, size_t count)
{
	size_t lines = 0;

	for (size_t i = 0; i < count; i++)
		for (rewind_all(&histories[i]); histories[i].there; advance(&histories[i]))
			lines++;
	return lines;
}

void log_history_send(struct helper *helper, const struct log_query *query, int fd)
{
	size_t units = helper->manager->units.count, count = 0;
	struct history *histories = calloc(units, sizeof(*histories)), *next;

	for (size_t i = 0; histories && i < units; i++)
		if (helper->channels[i] && (query->unit == LOG_OF_ALL || query->unit == i))
			history_open(&histories[count++], helper->channels[i], helper->names[i],
				     query->since_ms);
	size_t lines = histories ? count_lines(histories, count) : 0;
	for (size_t i = 0; i < count; i++)
		rewind_all(&histories[i]);
	for (; histories && (next = earliest(histories, count)); advance(next)) {
		if (lines-- > (size_t)query->lines)
			continue;
		if (!log_client_send(fd, helper->names[next->channel->unit], &next->line))
			break;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j <= LOG_FILES_OLD; j++)
			if (histories[i].files[j])
				fclose(histories[i].files[j]);
	free(histories);
}
