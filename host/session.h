/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_SESSION_H
#define KINC_HOST_SESSION_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "error.h"

/*
 * Messages between `enter` and the server of a ground, each one packet of a
 * SOCK_SEQPACKET socket, all JSON:
 *   client  {"protocol":1,"argv":[...],"environment":["A=b"...],"directory":"/"}
 *           with descriptors 0, 1 and 2 beside it, then {"signal":15}...
 *   server  {"exit":0} or {"error":"sentence"}
 */
enum { SESSION_PROTOCOL = 1, SESSION_MESSAGE_MAX = 128 * 1024, SESSION_STRINGS_MAX = 4096 };

struct session_request {
	cJSON *json; /* owns every string */
	char **argv;
	char **environment;
	const char *directory;
};
#define cleanup_session __attribute__((cleanup(session_request_release)))
void session_request_release(struct session_request *request);

/* EINVAL for anything that is not a request of this protocol. */
int session_request_parse(const char *text, size_t size, struct session_request *ret,
			  struct kinc_error *err);

/*
 * Serves connections on listener until it is killed. Call it as the user,
 * inside the ground, with stdio detached. Only returns on failure.
 */
int session_serve(int listener, struct kinc_error *err);

#endif
