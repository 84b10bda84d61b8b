/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_FORWARD_H
#define KINC_HOST_FORWARD_H

#include <sys/socket.h>

#include "error.h"

/* Where connections go. */
struct forward_target {
	struct sockaddr_storage address;
	socklen_t size;
};

/*
 * Accepts on listener and hands each connection on to target, in the network
 * namespace of the caller, until the process of pidfd ends, or somebody who
 * connected to control (a listening unix socket) writes anything. Each who
 * connects there is first told line, which ends by a newline. Takes the
 * descriptors over.
 */
int forward_serve(int listener, int control, int pidfd, const struct forward_target *target,
		  const char *line, struct kinc_error *err);

#endif
