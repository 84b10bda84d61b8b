/* SPDX-License-Identifier: MIT */
#ifndef INIT_PROBE_H
#define INIT_PROBE_H

#include "child.h"
#include "loop.h"
#include "unit.h"

struct job;

/*
 * One readiness probe: tried again and again, first every 50 ms, then slower
 * up to 500 ms, until it holds once. Nothing in it blocks; a try that gets no
 * answer is given up after PROBE_TRY_MS.
 */
#define PROBE_FIRST_MS 50
#define PROBE_SLOWEST_MS 500
#define PROBE_TRY_MS 2000
#define PROBE_EXEC_TRY_MS 30000
#define PROBE_HELPER_MS 30000 /* the https helper says something more often than that */

struct probe {
	struct job *job;
	const struct probe_spec *spec;
	bool running; /* between probe_begin and holding or probe_end */
	bool holds;
	uint64_t held_us;

	unsigned delay_ms;
	struct timer timer; /* next try, or the end of this one */
	struct source source;
	struct child child;
	char *address, *request, *ca; /* expanded */
	char **argv;
	size_t sent;
	bool connected;
	char answer[16];
	size_t answered;
	char reason[160]; /* why not yet, as far as something says so */
	size_t reason_size;
};

void probe_init(struct probe *probe, struct job *job, const struct probe_spec *spec);
/* Expands the address and begins to try. */
int probe_begin(struct probe *probe, struct kinc_error *err);
void probe_end(struct probe *probe);

/* "http http://…", and in brackets why it does not hold yet, if it is known. */
void probe_describe(const struct probe *probe, char *text, size_t size);

/*
 * The probe "fd": makes the pipe before the process starts and returns the end
 * that the process gets, for the caller to close.
 */
int probe_fd_open(struct probe *probe, struct kinc_error *err);

/* For the probe's own files: the end of a try; not waited for ends it for good. */
void probe_conclude(struct probe *probe, bool holds);
void probe_https_try(struct probe *probe);
int probe_fd_watch(struct probe *probe, struct kinc_error *err);

/* Does a response line such as "HTTP/1.1 200 OK" mean yes? Statuses 200 to 399 do. */
bool probe_http_holds(const char *answer, size_t size);

#endif
