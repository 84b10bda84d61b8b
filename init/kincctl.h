/* SPDX-License-Identifier: MIT */
#ifndef KINCCTL_H
#define KINCCTL_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "control.h"

/* How long kinc-init may take for an answer: it never computes one for long. */
#define ANSWER_MS 10000

#define KINCCTL_UNITS_MAX 16 /* as kinc-init takes */

struct arguments {
	const char *socket;
	const char *unit; /* NULL for commands without */
	const char *signal; /* kill */
	const char *file; /* flight: NULL: where kinc-init writes it */
	const char *units[KINCCTL_UNITS_MAX]; /* check: directories; none: the node's */
	size_t unit_directories;
	bool json, follow, no_wait, force, last;
	int lines; /* log: -1: as kinc-init does without */
	double since_ms; /* log: since the epoch; 0: not asked for */
};

/* Each command: an exit status of lib/error.h, or a negative errno with err. */
int command_status(struct kinc_control *control, const struct arguments *arguments,
		   struct kinc_error *err);
int command_watch(struct kinc_control *control, const struct arguments *arguments,
		  struct kinc_error *err);
int command_log(struct kinc_control *control, const struct arguments *arguments,
		struct kinc_error *err);
int command_start(struct kinc_control *control, const struct arguments *arguments,
		  struct kinc_error *err);
int command_stop(struct kinc_control *control, const struct arguments *arguments,
		 struct kinc_error *err);
int command_restart(struct kinc_control *control, const struct arguments *arguments,
		    struct kinc_error *err);
int command_reload(struct kinc_control *control, const struct arguments *arguments,
		   struct kinc_error *err);
int command_shutdown(struct kinc_control *control, const struct arguments *arguments,
		     struct kinc_error *err);

/* The unit of that name in a status line; NULL if there is none. */
const cJSON *status_find_unit(const cJSON *status, const char *name);
/* Sends a command without a unit and waits for its response, the caller's. */
int command_ask(struct kinc_control *control, const char *command, cJSON **ret_response,
		struct kinc_error *err);
int command_show(struct kinc_control *control, const struct arguments *arguments,
		 struct kinc_error *err);
int command_kill(struct kinc_control *control, const struct arguments *arguments,
		 struct kinc_error *err);

/* kincctl_check.c: becomes kinc-init --check; returns only when it cannot. */
int command_check(struct kinc_control *control, const struct arguments *arguments,
		  struct kinc_error *err);
/* kincctl_chart.c */
int command_chart(struct kinc_control *control, const struct arguments *arguments,
		  struct kinc_error *err);
/* kincctl_health.c */
int command_health(struct kinc_control *control, const struct arguments *arguments,
		   struct kinc_error *err);
/* kincctl_flight.c */
int command_flight(struct kinc_control *control, const struct arguments *arguments,
		   struct kinc_error *err);

/* kincctl_show.c: what status and watch print for people. */
void show_status(const cJSON *status);
void show_details(const cJSON *unit);
void show_event(const cJSON *event);
void show_line(const cJSON *event);
/* The same with the name of the unit. */
void show_unit_line(const cJSON *event);
/* Prints untrusted text without control characters. */
void show_text(const char *text);

#endif
