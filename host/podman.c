/* SPDX-License-Identifier: MIT */
#include "podman.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "json.h"

enum { OUTPUT_MAX = 32 << 20, CALL_TIMEOUT_MS = 120000 };

bool podman_debug;

bool podman_systemd_booted(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

void podman_add(struct podman *podman, const char *word)
{
	char **larger = reallocarray(podman->words, podman->count + 2, sizeof(char *));
	char *copy = strdup(word);

	if (larger)
		podman->words = larger;
	if (!larger || !copy) {
		free(copy);
		podman->failed = true;
		return;
	}
	podman->words[podman->count++] = copy;
	podman->words[podman->count] = NULL;
}

void podman_add_words(struct podman *podman, va_list words)
{
	const char *word;

	while ((word = va_arg(words, const char *))) // NOLINT(*valist*)
		podman_add(podman, word);
}

void podman_addf(struct podman *podman, const char *format, ...)
{
	cleanup_free char *word = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&word, format, args) < 0)
		word = NULL;
	va_end(args);
	if (word)
		podman_add(podman, word);
	else
		podman->failed = true;
}

struct podman podman_new(void)
{
	struct podman podman = {0};

	podman_add(&podman, "podman");
	if (!podman_systemd_booted()) {
		podman_add(&podman, "--cgroup-manager=cgroupfs");
		podman_add(&podman, "--events-backend=file");
	}
	return podman;
}

void podman_release(struct podman *podman)
{
	for (size_t i = 0; i < podman->count; i++)
		free(podman->words[i]);
	free(podman->words);
	*podman = (struct podman){0};
}

int podman_prepare(const struct podman *podman, struct kinc_error *err)
{
	if (podman->failed)
		return kinc_error_errno(err, ENOMEM, "podman's command line");
	if (!podman_debug)
		return 0;
	for (size_t i = 0; i < podman->count; i++)
		fprintf(stderr, "%s%s", i ? " " : "+ ", podman->words[i]);
	fputc('\n', stderr);
	return 0;
}

void podman_last_line(const char *errors, char *text, size_t size)
{
	const char *line = errors;
	size_t length = strlen(errors);

	while (length > 0 && (errors[length - 1] == '\n' || errors[length - 1] == ' '))
		length--;
	for (const char *at = errors; at < errors + length; at++)
		if (*at == '\n')
			line = at + 1;
	length -= (size_t)(line - errors);
	if (strncmp(line, "Error: ", 7) == 0) {
		line += 7;
		length -= 7;
	}
	snprintf(text, size, "%.*s", (int)length, line);
}

int podman_spawn(struct podman *podman, int timeout_ms, struct kinc_run_result *ret,
		 struct kinc_error *err)
{
	return podman_spawn_from(podman, -1, timeout_ms, ret, err);
}

int podman_spawn_from(struct podman *podman, int input, int timeout_ms,
		      struct kinc_run_result *ret, struct kinc_error *err)
{
	int result = podman_prepare(podman, err);

	if (result == 0)
		result = kinc_run_from(input, (const char *const *)podman->words, OUTPUT_MAX,
				       timeout_ms, ret, err);
	if (result == -ENOENT)
		return kinc_error_set(err, ENOENT,
				      "podman is not installed: as root, `apt-get install podman "
				      "crun slirp4netns uidmap` or the like");
	return result;
}

int podman_run(struct podman *podman, int timeout_ms, char **ret_output, struct kinc_error *err)
{
	cleanup_run_result struct kinc_run_result done = {0};
	char reason[600];
	int result = podman_spawn(podman, timeout_ms, &done, err);

	if (result < 0)
		return result;
	if (done.status != 0) {
		podman_last_line(done.errors, reason, sizeof(reason));
		return kinc_error_set(err, EREMOTEIO, "podman: %s",
				      *reason ? reason : "failed without a word");
	}
	if (ret_output)
		*ret_output = steal_ptr(&done.output);
	return 0;
}

static struct podman gather(va_list words)
{
	struct podman podman = podman_new();

	podman_add_words(&podman, words);
	return podman;
}

int podman_call(char **ret_output, struct kinc_error *err, ...)
{
	va_list args;

	va_start(args, err);
	cleanup_podman struct podman podman = gather(args);
	va_end(args);
	return podman_run(&podman, CALL_TIMEOUT_MS, ret_output, err);
}

int podman_call_json(cJSON **ret, struct kinc_error *err, ...)
{
	cleanup_free char *output = NULL;
	va_list args;

	va_start(args, err);
	cleanup_podman struct podman podman = gather(args);
	va_end(args);
	int result = podman_run(&podman, CALL_TIMEOUT_MS, &output, err);
	if (result < 0)
		return result;
	*ret = cJSON_Parse(output);
	if (!*ret)
		return kinc_error_set(err, EPROTO, "podman printed what is not JSON");
	return 0;
}

int podman_exec(struct podman *podman, struct kinc_error *err)
{
	int result = podman_prepare(podman, err);

	if (result < 0)
		return result;
	execvp(podman->words[0], podman->words);
	return kinc_error_errno(err, errno, "cannot run podman");
}
