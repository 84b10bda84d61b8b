/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_GROUND_H
#define KINC_HOST_GROUND_H

#include <stdbool.h>
#include <sys/types.h>

#include "delegation.h"
#include "error.h"
#include "launch.h"

#define GROUND_DIR "/run/kinc/ground"
enum { GROUND_PATH_MAX = 128 };

/* What root wrote down about a ground, in GROUND_DIR/USER.json (mode 0644). */
struct ground_state {
	pid_t pid; /* of the server, or of the command's supervisor */
	unsigned long long starttime;
	char cgroup[256];
	char enabled[DELEGATION_ENABLED_MAX]; /* controllers switched on in the cgroup's parent */
	bool made_runtime_dir;		      /* /run/user/UID was missing */
	bool serves;
};

/* ENOENT when there is none, EINVAL when the file is not readable as one. */
int ground_state_load(const char *user, struct ground_state *ret, struct kinc_error *err);
int ground_state_save(const char *user, const struct ground_state *state, struct kinc_error *err);
void ground_state_delete(const char *user);

/* Whether the process that the state names still is that process. */
bool ground_state_alive(const struct ground_state *state);

/* Start time of a process in clock ticks, 0 when there is none, or only a zombie. */
unsigned long long ground_process_starttime(pid_t pid);
/* From the text of /proc/PID/stat; 0 when malformed. */
unsigned long long ground_parse_starttime(const char *text);

void ground_socket_path(const char *user, char path[GROUND_PATH_MAX]);

#endif
