/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_PODMAN_H
#define KINC_HOST_PODMAN_H

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "run.h"

/*
 * A podman command line: `podman`, its global options for this machine, and
 * what is added. Strings are copied. An allocation that failed is reported by
 * the run, not by each addition.
 */
struct podman {
	char **words; /* NULL-terminated */
	size_t count;
	bool failed;
};
#define cleanup_podman __attribute__((cleanup(podman_release)))

/* Whether to show each command line on stderr (--debug). */
extern bool podman_debug;

struct podman podman_new(void);
void podman_add(struct podman *podman, const char *word);
void podman_addf(struct podman *podman, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Each word up to PODMAN_END. */
void podman_add_words(struct podman *podman, va_list words);
void podman_release(struct podman *podman);

/*
 * Runs it and takes its output. An exit status other than 0 is an error
 * (EREMOTEIO) with podman's last line. -ENOENT when podman is not there.
 */
int podman_run(struct podman *podman, int timeout_ms, char **ret_output, struct kinc_error *err);

/* The same, with everything that it wrote, whatever its exit status. */
int podman_spawn(struct podman *podman, int timeout_ms, struct kinc_run_result *ret,
		 struct kinc_error *err);

/* The same with input, an open descriptor, as its stdin; -1 is /dev/null. */
int podman_spawn_from(struct podman *podman, int input, int timeout_ms,
		      struct kinc_run_result *ret, struct kinc_error *err);

/* Checks and shows (--debug) a command line that is about to run. */
int podman_prepare(const struct podman *podman, struct kinc_error *err);

/* A NULL of a type that a variadic function can rely on. */
#define PODMAN_END ((const char *)NULL)

/* Runs the words given, PODMAN_END at the end. ret_output may be NULL. */
int podman_call(char **ret_output, struct kinc_error *err, ...) __attribute__((sentinel));

/* The same, with the output as JSON. */
int podman_call_json(cJSON **ret, struct kinc_error *err, ...) __attribute__((sentinel));

/* Becomes podman. Returns only on failure. */
int podman_exec(struct podman *podman, struct kinc_error *err);

/* Whether systemd runs the machine (sd_booted(3)). */
bool podman_systemd_booted(void);

/* The last line of podman's stderr without its "Error: ", into text. */
void podman_last_line(const char *errors, char *text, size_t size);

#endif
