/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_REDACT_H
#define KINC_HOST_REDACT_H

#include <stddef.h>

#include "error.h"

/*
 * A copy of text without private keys, tokens (JWT, bootstrap) and what follows
 * words as password; each leaves a word in parentheses. Doing it twice changes
 * nothing more. *ret is NUL-terminated beyond its *ret_size bytes, the caller's
 * to free.
 */
int redact_text(const char *text, size_t size, char **ret, size_t *ret_size,
		struct kinc_error *err);

#endif
