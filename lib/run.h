/* SPDX-License-Identifier: MIT */
#ifndef KINC_RUN_H
#define KINC_RUN_H

#include <stddef.h>
#include <sys/types.h>

#include "error.h"

/* What became of a program. Strings are never NULL; kinc_run_result_release frees them. */
struct kinc_run_result {
	int status;   /* exit status, 128 + N after signal N */
	char *output; /* its stdout, NUL-terminated */
	size_t output_size;
	char *errors; /* the end of its stderr, NUL-terminated */
};
#define cleanup_run_result __attribute__((cleanup(kinc_run_result_release)))
void kinc_run_result_release(struct kinc_run_result *result);

/*
 * Runs argv (searched in PATH, no shell), stdin from /dev/null, and waits for
 * it. At most max bytes of stdout are taken; more ends the program and is
 * EFBIG. After timeout_ms (-1: never) it is killed: ETIMEDOUT. ENOENT when
 * there is no such program. A signal that the caller handles while waiting
 * kills it too: ECANCELED. A program that ran and failed is a success here;
 * see ret->status.
 */
int kinc_run(const char *const *argv, size_t max, int timeout_ms, struct kinc_run_result *ret,
	     struct kinc_error *err);

/* The same with input, which stays open, as its stdin. */
int kinc_run_from(int input, const char *const *argv, size_t max, int timeout_ms,
		  struct kinc_run_result *ret, struct kinc_error *err);

/*
 * Only starts it, with those descriptors; input -1 is /dev/null. 0 or -errno,
 * ENOENT when there is no such program.
 */
int kinc_run_start(const char *const *argv, int input, int out, int errors, pid_t *ret);

/* Waits for what was started: its exit status, 128 + N after signal N. */
int kinc_run_wait(pid_t pid);

#endif
