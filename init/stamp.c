/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: UNIT is the stamp, UNIT~ the one of a run that has not
 * succeeded yet ('~' is in no unit's name). Before a run UNIT goes away and
 * UNIT~ is written; after it UNIT~ is synced and renamed to UNIT. A crash at
 * any point between leaves no UNIT, or one of a run that has succeeded with
 * exactly these inputs, and the sum in its last line tells a damaged one.
 */
#include "stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "sha256.h"
#include "stamp_hash.h"

#define STAMP_MAX ((size_t)1 << 20)
#define HEADER "kinc-stamp 1\n"
#define SUM_SIZE (sizeof("sum \n") - 1 + KINC_SHA256_TEXT - 1)

static void hash_strings(char *const *strings, const char *last, char text[KINC_SHA256_TEXT])
{
	struct kinc_sha256 hash;

	kinc_sha256_begin(&hash);
	for (; strings && *strings; strings++)
		kinc_sha256_add(&hash, *strings, strlen(*strings) + 1);
	if (last)
		kinc_sha256_add(&hash, last, strlen(last));
	kinc_sha256_end_text(&hash, text);
}

static void hash_text(const char *text, size_t size, char result[KINC_SHA256_TEXT])
{
	struct kinc_sha256 hash;

	kinc_sha256_begin(&hash);
	kinc_sha256_add(&hash, text, size);
	kinc_sha256_end_text(&hash, result);
}

static int print_facts(FILE *out, const struct stamp_facts *facts, struct kinc_error *err)
{
	char hash[KINC_SHA256_TEXT];

	hash_strings(facts->argv, facts->directory, hash);
	fprintf(out, HEADER "command %s\n", hash);
	hash_strings(facts->environment, NULL, hash);
	fprintf(out, "environment %s\n", hash);
	int result = stamp_hash_program(facts->argv[0], hash, err);
	if (result < 0)
		return result;
	fprintf(out, "program %s\n", hash);
	hash_strings(NULL, facts->version, hash);
	fprintf(out, "version %s\n", hash);
	for (char *const *input = facts->inputs; input && *input; input++) {
		result = stamp_hash_path(*input, hash, err);
		if (result < 0)
			return result;
		fprintf(out, "input %s %s\n", hash, *input);
	}
	for (char *const *output = facts->outputs; output && *output; output++)
		fprintf(out, "output %s\n", *output);
	return 0;
}

int stamp_compute(const struct stamp_facts *facts, char **ret_text, struct kinc_error *err)
{
	char *text = NULL, sum[KINC_SHA256_TEXT];
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return kinc_error_errno(err, ENOMEM, "stamping");
	int result = print_facts(out, facts, err);
	if (fflush(out) == 0)
		hash_text(text, size, sum);
	fprintf(out, "sum %s\n", sum);
	if (fclose(out) != 0 && result == 0)
		result = kinc_error_errno(err, ENOMEM, "stamping");
	if (result < 0)
		free(text);
	else
		*ret_text = text;
	return result;
}

static bool is_sound(const char *text, size_t size)
{
	char line[SUM_SIZE + 1], sum[KINC_SHA256_TEXT];

	if (size < sizeof(HEADER) - 1 + SUM_SIZE ||
	    memcmp(text, HEADER, sizeof(HEADER) - 1) != 0)
		return false;
	hash_text(text, size - SUM_SIZE, sum);
	snprintf(line, sizeof(line), "sum %s\n", sum);
	return memcmp(text + size - SUM_SIZE, line, SUM_SIZE) == 0;
}

/* What the first line says that differs; its end is the line's. */
static void explain(const char *old, const char *now, size_t length, char why[STAMP_WHY_MAX])
{
	static const struct {
		const char *word, *why;
	} words[] = {
		{"command ", "its command changed"},
		{"environment ", "its environment changed"},
		{"program ", "the program changed"},
		{"version ", "its version changed"},
	};
	const size_t path = strlen("input ") + KINC_SHA256_TEXT;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(now, words[i].word, strlen(words[i].word)) == 0) {
			snprintf(why, STAMP_WHY_MAX, "%s", words[i].why);
			return;
		}
	size_t other = strcspn(old, "\n");
	if (length > path && other == length && strncmp(now, "input ", 6) == 0 &&
	    memcmp(old + path, now + path, length - path) == 0)
		snprintf(why, STAMP_WHY_MAX, "input %.*s changed", (int)(length - path), now + path);
	else
		snprintf(why, STAMP_WHY_MAX, "its list of inputs or outputs changed");
}

bool stamp_matches(const char *old, size_t size, const char *now, char why[STAMP_WHY_MAX])
{
	if (!is_sound(old, size) || strlen(old) != size) {
		snprintf(why, STAMP_WHY_MAX, "its stamp is damaged");
		return false;
	}
	for (;;) {
		size_t length = strcspn(now, "\n"), other = strcspn(old, "\n");
		if (length != other || memcmp(old, now, length) != 0)
			break;
		if (!now[length] || !now[length + 1])
			return true;
		now += length + 1;
		old += length + 1;
	}
	explain(old, now, strcspn(now, "\n"), why);
	return false;
}

static void say_since(int directory, const char *unit, char why[STAMP_WHY_MAX])
{
	struct stat status;
	struct tm parts;
	char when[32];

	if (fstatat(directory, unit, &status, 0) < 0 || !gmtime_r(&status.st_mtime, &parts))
		snprintf(why, STAMP_WHY_MAX, "unchanged");
	else if (strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &parts) > 0)
		snprintf(why, STAMP_WHY_MAX, "unchanged since %s", when);
}

static bool is_needless(int directory, const struct stamp_facts *facts, bool force,
			const char *now, char why[STAMP_WHY_MAX])
{
	cleanup_free char *old = NULL;
	size_t size = 0;
	struct kinc_error err;

	if (force) {
		snprintf(why, STAMP_WHY_MAX, "forced");
		return false;
	}
	if (kinc_read_file(directory, facts->unit, STAMP_MAX, &old, &size, &err) < 0) {
		if (err.code == ENOENT)
			snprintf(why, STAMP_WHY_MAX, "no stamp");
		else
			snprintf(why, STAMP_WHY_MAX, "its stamp: %.300s", err.message);
		return false;
	}
	if (!stamp_matches(old, size, now, why))
		return false;
	for (char *const *output = facts->outputs; output && *output; output++)
		if (access(*output, F_OK) < 0) {
			snprintf(why, STAMP_WHY_MAX, "output %.300s is missing", *output);
			return false;
		}
	say_since(directory, facts->unit, why);
	return true;
}

static int open_directory(const char *path, struct kinc_error *err)
{
	int result = kinc_make_directories(path, 0700, err);

	if (result < 0)
		return result;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? kinc_error_errno(err, errno, "cannot open %s", path) : fd;
}

static int prepare(int directory, const char *name, const char *text, struct kinc_error *err)
{
	cleanup_close int fd = openat(directory, name,
				      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return kinc_error_errno(err, errno, "cannot write its stamp");
	int result = kinc_write_all(fd, text, strlen(text), err);
	if (result < 0)
		unlinkat(directory, name, 0);
	return result;
}

int stamp_begin(const char *directory, const struct stamp_facts *facts, bool force,
		char why[STAMP_WHY_MAX], struct kinc_error *err)
{
	cleanup_free char *now = NULL;
	char part[NAME_MAX + 1];

	snprintf(why, STAMP_WHY_MAX, "it cannot be stamped");
	snprintf(part, sizeof(part), "%s~", facts->unit);
	cleanup_close int fd = open_directory(directory, err);
	if (fd < 0)
		return fd;
	/* What an earlier run prepared must never count for this one. */
	if (unlinkat(fd, part, 0) < 0 && errno != ENOENT)
		return kinc_error_errno(err, errno, "cannot remove %s/%s", directory, part);
	int result = stamp_compute(facts, &now, err);
	if (now && is_needless(fd, facts, force, now, why))
		return 1;
	/* Half of a run, then the inputs of old again: not what the old stamp says. */
	if (unlinkat(fd, facts->unit, 0) == 0)
		fsync(fd);
	else if (errno != ENOENT)
		return kinc_error_errno(err, errno, "cannot remove %s/%s", directory, facts->unit);
	return now ? prepare(fd, part, now, err) : result;
}

/* What the run made must not be lost in a crash that its stamp survives. */
static void sync_output(const char *path)
{
	struct stat status;
	cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) < 0)
		return;
	if (S_ISDIR(status.st_mode))
		syncfs(fd);
	else
		fsync(fd);
}

int stamp_keep(const char *directory, const char *unit, char *const *outputs,
	       struct kinc_error *err)
{
	char part[NAME_MAX + 1];

	snprintf(part, sizeof(part), "%s~", unit);
	cleanup_close int fd = open_directory(directory, err);
	if (fd < 0)
		return fd;
	cleanup_close int stamp = openat(fd, part, O_RDONLY | O_CLOEXEC);
	if (stamp < 0 && errno == ENOENT)
		return 0; /* it could not be prepared, which was said then */
	if (stamp < 0)
		return kinc_error_errno(err, errno, "cannot open %s/%s", directory, part);
	for (; outputs && *outputs; outputs++)
		sync_output(*outputs);
	if (fsync(stamp) < 0 || renameat(fd, part, fd, unit) < 0 || fsync(fd) < 0) {
		int code = errno;
		unlinkat(fd, unit, 0);
		return kinc_error_errno(err, code, "cannot stamp %s", unit);
	}
	return 0;
}
