/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_PROGRESS_H
#define KINC_HOST_PROGRESS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* The boot as kinc-init tells it. Starts zeroed but for terminal. */
struct progress {
	bool terminal;	   /* redraw what is under way below what is done */
	int drawn;	   /* lines of that part now on the screen */
	char state[16];	   /* of the cluster */
	double elapsed_ms; /* of PID 1, when told last */
	long told_at_ms;   /* the same moment on our monotonic clock */
	struct progress_unit {
		char name[64], state[16], type[16];
		double started_ms, ready_ms; /* negative: not yet */
		char detail[160];	     /* what it waits for, or why it failed */
	} * units;
	size_t count;
};

void progress_release(struct progress *progress);

/*
 * Takes one line of the control socket in, the status or an event, and writes
 * to stderr what is new. Unknown events are ignored. -ENOMEM only.
 */
int progress_take(struct progress *progress, const cJSON *line);

/* Draws what is under way again (terminal only), or wipes it away. */
void progress_draw(struct progress *progress);
void progress_wipe(struct progress *progress);

/* The first unit in that state, or NULL. */
const struct progress_unit *progress_find(const struct progress *progress, const char *state);

#endif
