/* SPDX-License-Identifier: MIT */
#ifndef KINC_CONTROL_H
#define KINC_CONTROL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/*
 * The asking side of kinc-init's control socket (docs/protocol.md): one JSON
 * object per line in both directions. Used by kincctl and kinc-launch.
 */
#define KINC_CONTROL_SOCKET "/run/kinc/control/kinc.sock"

/* The longest line that either side accepts, in bytes. */
#define KINC_CONTROL_REQUEST_MAX 65536
#define KINC_CONTROL_RESPONSE_MAX ((size_t)16 << 20)

/*
 * A connection. The caller owns it and its content is private; initialise it
 * with KINC_CONTROL_CLOSED, release it with kinc_control_close().
 */
struct kinc_control {
	int fd; /* for poll(2); -EBADF while closed */
	char *buffer;
	size_t size;
	size_t room;
	size_t scanned;
};
#define KINC_CONTROL_CLOSED                                                                        \
	{                                                                                          \
		.fd = -9                                                                           \
	}
#define cleanup_control __attribute__((cleanup(kinc_control_close)))

/* Whether to show each line on stderr: > what is sent, < what comes (--debug). */
extern bool kinc_control_debug;

/*
 * Connects to the socket at path. Errors: -ENOENT (nothing there),
 * -ECONNREFUSED (a socket file that nobody serves), -EACCES, -ENAMETOOLONG
 * (a socket's path has 107 bytes at the most), others as connect(2).
 */
int kinc_control_connect(struct kinc_control *control, const char *path, struct kinc_error *err);

/*
 * A request object {"protocol":1,"command":COMMAND}, plus "unit" when unit is
 * not NULL. The caller may add members, and owns it. NULL without memory.
 */
cJSON *kinc_control_request(const char *command, const char *unit);

/* Sends one object as one line; waits at the most timeout_ms for room. */
int kinc_control_send(struct kinc_control *control, const cJSON *object, int timeout_ms,
		      struct kinc_error *err);

/*
 * Waits for the next line and parses it; *ret_object is the caller's to
 * delete. timeout_ms counts for the whole line, -1 waits for ever. Errors:
 * -ETIMEDOUT, -ECONNRESET when the other side closed or went away, -EPROTO
 * for a line that is no JSON object, -EMSGSIZE for one that is too long.
 */
int kinc_control_next(struct kinc_control *control, int timeout_ms, cJSON **ret_object,
		      struct kinc_error *err);

/*
 * Whether a line of kinc-init, where it names a protocol, names this one's:
 * -EPROTONOSUPPORT with both versions, and what to do.
 */
int kinc_control_check_protocol(const cJSON *line, struct kinc_error *err);

/*
 * Sends the request and waits for its response, timeout_ms each. One of
 * another protocol is an error as above; a response
 * with "ok": false is one too: -EREMOTEIO, and the sentence is the one of the
 * response.
 */
int kinc_control_ask(struct kinc_control *control, const cJSON *request, int timeout_ms,
		     cJSON **ret_response, struct kinc_error *err);

/* Closes and empties it; a closed one may be closed again. */
void kinc_control_close(struct kinc_control *control);

#endif
