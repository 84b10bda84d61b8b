/* SPDX-License-Identifier: MIT */
#ifndef INIT_MANAGER_H
#define INIT_MANAGER_H

#include <sys/resource.h>

#include "child.h"
#include "control_server.h"
#include "farewell.h"
#include "job.h"
#include "logs.h"
#include "loop.h"
#include "outer.h"
#include "template.h"
#include "unit.h"

#define RUN_DIRECTORY "/run/kinc"
#define WARNINGS_MAX 32

/* States of the whole, as the control protocol shows them. */
enum boot_state { BOOT_STARTING, BOOT_READY, BOOT_DEGRADED, BOOT_FAILED, BOOT_STOPPING };

/* The one context of PID 1. */
struct manager {
	struct loop loop;
	struct children children;
	struct unit_set units;
	struct variables variables;
	struct job *jobs; /* one per unit, same index */
	struct job *target;
	struct job *queue_first, *queue_last;

	struct source signals;
	struct control_server control;
	struct logs logs;
	struct outer outer;
	struct child flight; /* prepares the file of the flight record */

	enum boot_state state;
	uint64_t started_us, ready_us;
	char *warnings[WARNINGS_MAX];
	size_t warning_count;
	bool lost_critical;  /* a critical unit failed for good: */
	bool lost_by_system; /* a builtin found the system wanting */
	char lost_why[700];

	bool force;	    /* oneshots run whatever their stamps say */
	bool stopping;	    /* all jobs are being stopped */
	struct farewell farewell;
	struct rlimit nofile; /* as kinc-init was started with */
};

/* Makes the jobs of the loaded units. */
int manager_init(struct manager *manager, struct unit *target, struct kinc_error *err);
void manager_free(struct manager *manager);

/* Asks for a unit with what it requires and wants. */
void manager_start(struct manager *manager, struct unit *unit);
/* Asks a unit to stop, after those that require it. */
void manager_stop(struct manager *manager, struct unit *unit);
void manager_restart(struct manager *manager, struct unit *unit);
/* Stops everything in reverse order; the loop ends after that. */
void manager_shutdown(struct manager *manager, const char *why);

/* Puts the job, and on a change of state its neighbours, before manager_settle. */
void manager_queue(struct job *job);
void manager_queue_neighbours(struct job *job);
/* Looks at all that is queued until nothing changes any more; tells watchers. */
void manager_settle(struct manager *manager);

/* A unit failed for good. */
void manager_unit_failed(struct job *job);

/* Something is missing: told once on stdout, in status and to watchers. */
void manager_warn(struct manager *manager, const char *who, const char *text);

const char *boot_state_name(enum boot_state state);

#endif
