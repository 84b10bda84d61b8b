/* SPDX-License-Identifier: MIT */
#ifndef INIT_MACHINE_H
#define INIT_MACHINE_H

#include <stdio.h>

/*
 * What a unit can be, what can happen to it, and what follows: pure data.
 * job.c does what the actions say.
 */
enum job_state {
	JOB_STOPPED,  /* not asked for, or ended */
	JOB_WAITING,  /* asked for; waits for other units */
	JOB_STARTING, /* its process runs; readiness is pending */
	JOB_READY,    /* serves; a target: all that it waits for has settled */
	JOB_DONE,     /* a oneshot or builtin that succeeded */
	JOB_SKIPPED,  /* a condition did not hold */
	JOB_CLEANING, /* its process ended or misbehaved; the rest of it is being removed */
	JOB_BACKOFF,  /* waits for its next try */
	JOB_STOPPING, /* asked to stop; its processes have not gone yet */
	JOB_FAILED,   /* for good */
	JOB_STATES,
};

enum job_event {
	EVENT_START,	/* somebody wants it */
	EVENT_CLEARED,	/* all that it waits for has settled */
	EVENT_SKIP,	/* cleared, but a condition does not hold */
	EVENT_NEED_FAILED, /* a unit that it requires failed */
	EVENT_READY,	/* all of its readiness holds */
	EVENT_EXIT,	/* its main process ended, or could not be started */
	EVENT_TIMEOUT,	/* the timer of its state */
	EVENT_WATCHDOG, /* it missed its watchdog, or reported a failure itself */
	EVENT_STOP,	/* somebody wants it stopped */
	EVENT_GONE,	/* its last process has ended: asked for, or ended well */
	EVENT_SUCCEEDED, /* the same, of a oneshot or builtin with status 0 */
	EVENT_RETRY,	/* the same after a failure, and it may be tried again */
	EVENT_GIVE_UP,	/* the same, but it may not */
	JOB_EVENTS,
};

enum job_action {
	ACTION_IGNORE,	/* the event means nothing in this state */
	ACTION_NONE,	/* only the state changes */
	ACTION_LAUNCH,	/* start the process */
	ACTION_READY,	/* note the time, watch the watchdog */
	ACTION_CLEAN,	/* the main process has ended: remove what it left */
	ACTION_KILL,	/* end it for misbehaving, then as clean */
	ACTION_STOP,	/* end it politely */
	ACTION_ESCALATE, /* politeness took too long */
	ACTION_BACKOFF, /* set the timer for the next try */
	ACTION_SETTLE,	/* nothing of it is left: release what it held */
	ACTION_FAIL,	/* the same, and tell why */
	JOB_ACTIONS,
};

struct transition {
	enum job_state next;
	enum job_action action;
};

extern const struct transition machine[JOB_STATES][JOB_EVENTS];

const char *job_state_name(enum job_state state);   /* as diagrams show it */
const char *job_state_public(enum job_state state); /* as the control protocol shows it */
const char *job_event_name(enum job_event event);

/* docs/states.md: the table as a diagram. */
void machine_print(FILE *out);

#endif
