/* SPDX-License-Identifier: MIT */
#ifndef KINC_ERROR_H
#define KINC_ERROR_H

enum { KINC_ERROR_MAX = 1024 }; /* bytes of a sentence, with its end */

/*
 * One sentence for the user. A function that can fail returns 0 (or a
 * non-negative value) or a negative errno, and takes a struct kinc_error * as
 * its last argument, which it fills on failure and leaves alone on success.
 * The caller owns the struct; it needs no release. A NULL pointer is allowed
 * and means that the sentence is not wanted.
 */
struct kinc_error {
	int code;           /* positive errno, 0 while unset */
	char message[KINC_ERROR_MAX]; /* no newline at the end; cut with "..." when too long */
};

/* Exit statuses of every kinc program (s6's convention). */
enum kinc_exit {
	KINC_EXIT_OK = 0,
	KINC_EXIT_NOT_SO = 1,   /* the thing asked about is not so, or did not succeed */
	KINC_EXIT_MISUSE = 100, /* bad arguments or bad configuration */
	KINC_EXIT_SYSTEM = 111, /* the system lacks or refused something */
	KINC_EXIT_CRASH = 112,	/* kinc-init itself crashed */
};

/*
 * Fills err with the sentence and the code and returns -code. code is a
 * positive errno; the text of strerror is not appended, kinc_error_errno does.
 * Control characters in the result are replaced by '?': the sentence may quote
 * untrusted input and ends up on terminals.
 */
int kinc_error_set(struct kinc_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As above, with ": " and strerror(code) at the end. */
int kinc_error_errno(struct kinc_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "PREFIX: " before the sentence that err holds; returns -err->code. */
int kinc_error_prefix(struct kinc_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
