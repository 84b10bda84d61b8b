/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_PROGRESS_H
#define KINC_HOST_PROGRESS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "error.h"

enum progress_style {
	PROGRESS_PLAIN, /* a line on stderr for what comes to a result */
	PROGRESS_TABLE, /* a table on a terminal; what is under way is redrawn */
	PROGRESS_JSON,	/* each line of the control socket on stdout */
};

/* The boot as kinc-init tells it. Starts zeroed but for style. */
struct progress {
	enum progress_style style;
	bool headed;	   /* the table's heading is on the screen */
	int drawn;	   /* lines that will be redrawn, now on the screen */
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

/* The style for a person at stderr: a table where that is a terminal that can move its cursor. */
enum progress_style progress_style_of_terminal(void);

void progress_release(struct progress *progress);

/*
 * Takes one line of the control socket in, the status or an event, and shows
 * what is new. Unknown events are ignored. -ENOMEM only.
 */
int progress_take(struct progress *progress, const cJSON *line);

/* Draws what is under way again (table only), or wipes it away. */
void progress_draw(struct progress *progress);
void progress_wipe(struct progress *progress);

/* The first unit in that state, or NULL. */
const struct progress_unit *progress_find(const struct progress *progress, const char *state);
const struct progress_unit *progress_unit_of(const struct progress *progress, const char *name);

/* Whether the unit has come to where it should be. */
bool progress_stands(const struct progress_unit *unit);

/* Milliseconds since PID 1 started, by now. */
double progress_now_ms(const struct progress *progress);

/*
 * How the table looks (progress_table.c). Text of others is cut to what fits,
 * by the cells that a terminal gives it; what the locale cannot show is '?'.
 */
struct progress_look {
	int columns, rows;
	bool colour;
};
struct progress_look progress_look_of_terminal(void);
void progress_print_heading(const struct progress_look *look, FILE *out);
void progress_print_unit(const struct progress_look *look, const struct progress_unit *unit,
			 double now_ms, FILE *out);
/* What is under way and what waits, at the most rows - 2, and a line of the sum: how many lines. */
int progress_print_live(const struct progress_look *look, const struct progress *progress,
			double now_ms, FILE *out);

#endif
