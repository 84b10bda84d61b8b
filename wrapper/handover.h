/* SPDX-License-Identifier: MIT */
#ifndef KINC_WRAPPER_HANDOVER_H
#define KINC_WRAPPER_HANDOVER_H

#include <stddef.h>

#include "error.h"
#include "invocation.h"

/*
 * Puts the edited spec where crun can open it and nobody can change it: a
 * sealed memfd, or an unlinked file where there is none. Returns a descriptor
 * that survives execve and is not below `least`, since crun gives those below
 * to the container.
 */
int handover_spec(const char *text, size_t size, int least, struct kinc_error *err);

/*
 * Becomes runtime. Returns only on failure: ELOOP when the runtime is this
 * program itself, ENOENT and others when it cannot be run.
 */
int handover_become(const char *runtime, char **argv, struct kinc_error *err);

/*
 * Reports a refusal as crun would: a line on stderr, and a line in the log that
 * the caller asked crun to write, where containerd looks for it.
 */
void handover_refuse(const struct invocation *invocation, const struct kinc_error *err);

#endif
