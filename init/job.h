/* SPDX-License-Identifier: MIT */
#ifndef INIT_JOB_H
#define INIT_JOB_H

#include "child.h"
#include "logs.h"
#include "loop.h"
#include "machine.h"
#include "probe.h"
#include "restart.h"
#include "unit.h"

struct manager;

/* A unit at run time. All jobs are allocated when the units are loaded. */
struct job {
	struct manager *manager;
	struct unit *unit;
	enum job_state state;
	struct job *next_queued;
	size_t start_blocker, stop_blocker; /* the last neighbour that it had to wait for */
	bool look_at_needs;		    /* one of them may have failed since the last look */
	bool queued;  /* in the manager's queue of jobs to look at again */
	bool changed; /* watchers have not been told yet */

	struct child main;     /* the process that the unit is */
	pid_t group;           /* process group of what was started last */
	struct source adopted; /* pidfd of a main process that is not our child */
	struct child stopper;  /* stop.exec */
	struct child reloader; /* reload.exec */
	struct child stamper;  /* makes the stamp of the last run valid */
	struct source report;  /* from a child until it executes or ends */
	struct source notify;  /* its sd_notify socket */
	struct source events;  /* cgroup.events */
	int cgroup;	       /* -EBADF while it has none */
	bool populated;	       /* by the last look at cgroup.events */
	int log_pipes[LOG_STREAMS][2]; /* what it writes; PID 1 keeps all ends open */

	struct timer timer; /* of the state: start, stop, next try */
	struct timer watchdog;
	uint64_t watchdog_ms;
	struct timer reload_timer;
	struct probe *probes; /* as unit->ready */

	bool executed; /* the program runs: the report socket has closed */
	bool reloading;	     /* RELOADING=1 came, and READY=1 not yet */
	bool reload_asked;   /* and not done yet */
	char reload_fault[128]; /* why the last reload failed; empty: it did not */
	bool told_foreigner; /* that somebody else wrote to its notify socket */
	bool was_ready, failed, escalated;
	bool unchanged; /* its stamp says that it need not run */
	bool force;	/* once, whatever its stamp says */
	bool refused; /* the failure is one that no retry mends */
	bool stop_wanted, start_after_stop;

	struct restart_history history;
	int retry_ms; /* delay of the next try */
	unsigned restarts;
	unsigned kills;	    /* rounds of SIGKILL since it was escalated */
	uint64_t oom_kills; /* in its cgroup before this try */
	uint64_t started_us, ready_us; /* CLOCK_MONOTONIC; 0 before */
	struct { /* the first time each, which later restarts leave as it was */
		uint64_t queued_us, started_us, settled_us;
	} boot;
	char message[512];	       /* for status: what it says, or why it failed */
	char exit[24];		       /* "code 1", "signal KILL", or empty */
};

/* Feeds the state machine. */
void job_event(struct job *job, enum job_event event);

/* Does it have processes, or will it have some without being asked again? */
bool job_is_active(const struct job *job);
/* May a unit that is ordered after this one go on? */
bool job_is_settled(const struct job *job);
/* Does it satisfy a unit that requires it? */
bool job_is_satisfied(const struct job *job);

void job_set_message(struct job *job, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* job_launch.c: starts the process. On error it is failed and has none. */
int job_launch(struct job *job, struct kinc_error *err);
/* "code 1" or "signal KILL", of a status of waitpid(2). */
void job_describe_exit(int status, char *text, size_t size);
/* Makes another process the main one. */
void job_adopt_main(struct job *job, pid_t pid);
/* Reads what the report socket still holds. */
void job_read_reports(struct job *job);

/* job_stop.c: ends what is left of it, by stop.mode; polite begins with stop.exec. */
void job_end_processes(struct job *job, bool polite);
/* Signals those that stop.mode names: all, or the main one. */
void job_signal(struct job *job, int number);
void job_kill_processes(struct job *job);
/* Starts a program of the unit beside its main process; child->exited must be set. */
int job_run(struct job *job, const struct strings *command, struct child *child,
	    struct kinc_error *err);
/* If nothing is left of it, feeds the event that follows. */
void job_check_gone(struct job *job);

/*
 * job_reload.c: begins a reload, whose end is told as a change of the unit.
 * EINVAL: it has no way to; ENOTCONN: it is not ready; EBUSY: it reloads.
 */
int job_reload(struct job *job, struct kinc_error *err);
/* READY=1 came after RELOADING=1. */
void job_reload_notified(struct job *job);
/* The unit is ready no longer: what is under way has failed. */
void job_reload_end(struct job *job);

/* job_stamp.c: in the child, before it executes: is its stamp still good? data is the job. */
bool job_stamp_needless(void *data, int report);
/* Stamps the run that has just succeeded, in a child. */
void job_stamp_keep(struct job *job);

/* job_ready.c: readiness */
void job_ready_reset(struct job *job);
/* READY=1 came. */
void job_ready_notified(struct job *job);
/* For the probe "fd": the end of the process and its number; a number of 0 is none. */
int job_ready_open(struct job *job, int *ret_number, struct kinc_error *err);
void job_ready_begin(struct job *job);
void job_ready_end(struct job *job);
/* If all of its readiness holds, feeds EVENT_READY. */
void job_ready_check(struct job *job);
/* The pending ones as text: "notify, http http://…". */
void job_ready_missing(const struct job *job, char *text, size_t size);

/* job_notify.c: the sd_notify socket */
int job_notify_open(struct job *job, struct kinc_error *err);
void job_notify_path(const struct job *job, char *path, size_t size);
void job_watchdog_start(struct job *job);

#endif
