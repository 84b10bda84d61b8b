/* SPDX-License-Identifier: MIT */
#ifndef INIT_CONTROL_SERVER_H
#define INIT_CONTROL_SERVER_H

#include <cjson/cJSON.h>

#include "loop.h"

struct manager;
struct job;

#define CONTROL_CLIENTS_MAX 250
#define CONTROL_WAITING_MAX ((size_t)1 << 20) /* bytes that wait for a slow reader */

/* The control socket of docs/protocol.md. */
struct control_server {
	struct manager *manager;
	struct source listener;
	struct client *clients;
	size_t client_count;
};

int control_open(struct control_server *server, struct manager *manager, const char *path,
		 struct kinc_error *err);
void control_close(struct control_server *server);

/* What watchers are told. Costs nothing when nobody watches. */
void control_tell_unit(struct control_server *server, const struct job *job);
void control_tell_state(struct control_server *server);
void control_tell_warning(struct control_server *server, const char *text);

/* status.c: the objects of the protocol; NULL without memory, otherwise the caller's. */
cJSON *status_object(const struct manager *manager);
cJSON *status_unit(const struct job *job);

/*
 * control_request.c: answers one request line. *ret_watch: from now on the
 * client gets events. *ret_handed: the connection now belongs to the log helper.
 * The response (the caller's; NULL without memory) is sent even then.
 */
cJSON *control_answer(struct manager *manager, const char *line, size_t size, int client,
		      bool *ret_watch, bool *ret_handed, bool *ret_close);

#endif
