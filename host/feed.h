/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_FEED_H
#define KINC_HOST_FEED_H

#include "error.h"
#include "podman.h"

/* A podman that runs beside another one and writes into a pipe. */
struct feed {
	pid_t pid;
	int output; /* what it writes; the owner's to close, which ends it early */
	int errors; /* a memfd */
};

int feed_start(struct podman *podman, struct feed *ret, struct kinc_error *err);

/*
 * Closes the pipe, with end also ends it, and waits for it. EREMOTEIO with
 * podman's last line when it failed, unless that was because nobody read on.
 */
int feed_finish(struct feed *feed, bool end, struct kinc_error *err);

#endif
