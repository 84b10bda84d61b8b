/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: job_event() looks the event up in the table machine.c,
 * enters the next state and does the action. Actions may feed further events.
 * What a change of state means for other units is not decided here: the
 * neighbours are queued, and manager_settle() looks at them from the loop, so
 * that no chain of units becomes a chain of calls.
 */
#include "job.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "cgroup.h"
#include "manager.h"
#include "story.h"

bool job_is_active(const struct job *job)
{
	switch (job->state) {
	case JOB_STARTING:
	case JOB_READY:
	case JOB_CLEANING:
	case JOB_STOPPING:
		return true;
	case JOB_STOPPED:
	case JOB_WAITING:
	case JOB_DONE:
	case JOB_SKIPPED:
	case JOB_BACKOFF:
	case JOB_FAILED:
	case JOB_STATES:
		break;
	}
	return false;
}

bool job_is_satisfied(const struct job *job)
{
	return job->state == JOB_READY || job->state == JOB_DONE || job->state == JOB_SKIPPED;
}

bool job_is_settled(const struct job *job)
{
	return job_is_satisfied(job) || job->state == JOB_FAILED || job->state == JOB_STOPPED;
}

void job_set_message(struct job *job, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int size = vsnprintf(job->message, sizeof(job->message), format, args);
	va_end(args);
	if (size < 0)
		job->message[0] = '\0';
	for (char *c = job->message; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	job->changed = true;
	manager_queue(job);
}

static void mark(uint64_t *first)
{
	if (*first == 0)
		*first = loop_now_us();
}

/* "0.8 s" since the start of this try. */
static double passed(const struct job *job)
{
	return (double)(loop_now_us() - job->started_us) / 1e6;
}

static void begin(struct job *job)
{
	struct kinc_error err = {0};

	job->started_us = loop_now_us();
	mark(&job->boot.started_us);
	job->reload_fault[0] = '\0';
	job->executed = job->was_ready = job->failed = job->reloading = false;
	job_ready_reset(job);
	job->populated = false;
	job->watchdog_ms = 0;
	job->escalated = job->refused = job->unchanged = false;
	job->message[0] = job->exit[0] = '\0';
	timer_clear(&job->manager->loop, &job->timer);
	if (job->unit->type == UNIT_TARGET) {
		job_event(job, EVENT_READY);
		return;
	}
	if (job->unit->start_timeout_s > 0)
		timer_set(&job->manager->loop, &job->timer,
			  (uint64_t)job->unit->start_timeout_s * 1000U);
	if (job_launch(job, &err) < 0) {
		job->failed = true;
		job_set_message(job, "%s", err.message);
		job_event(job, EVENT_EXIT);
	}
	job->force = false;
}

static void ready(struct job *job)
{
	timer_clear(&job->manager->loop, &job->timer);
	job->ready_us = loop_now_us();
	job->was_ready = true;
	job_ready_end(job);
	job_watchdog_start(job);
	if (job->unit->type == UNIT_TARGET)
		story_tell(job->unit->name, "reached");
	else
		story_tell(job->unit->name, "ready after %.3f s", passed(job));
}

/* Removes what the job still has; EVENT_GONE and its like follow from that. */
static void clean(struct job *job)
{
	job_ready_end(job);
	job_reload_end(job);
	timer_clear(&job->manager->loop, &job->watchdog);
	timer_set(&job->manager->loop, &job->timer, (uint64_t)job->unit->stop.timeout_s * 1000U);
	job_end_processes(job, false);
	job_check_gone(job);
}

static void misbehaved(struct job *job)
{
	job->failed = true;
	story_tell(job->unit->name, "%s", job->message);
	clean(job);
}

static void stop(struct job *job)
{
	if (job->unit->type != UNIT_TARGET)
		story_tell(job->unit->name, "stopping");
	job_ready_end(job);
	job_reload_end(job);
	timer_clear(&job->manager->loop, &job->watchdog);
	timer_set(&job->manager->loop, &job->timer, (uint64_t)job->unit->stop.timeout_s * 1000U);
	job_end_processes(job, true);
	job_check_gone(job);
}

#define KILLS_MAX 10
#define KILL_AGAIN_MS 1000

static void escalate(struct job *job)
{
	/* What forked while it was being killed, where the kernel has no cgroup.kill. */
	if (job->escalated && job->kills < KILLS_MAX) {
		job->kills++;
		timer_set(&job->manager->loop, &job->timer, KILL_AGAIN_MS);
		job_kill_processes(job);
		job_check_gone(job);
		return;
	}
	if (job->escalated) {
		story_tell(job->unit->name, "does not die even by SIGKILL; going on without it");
		child_remove(&job->manager->children, &job->main);
		child_remove(&job->manager->children, &job->stopper);
		child_remove(&job->manager->children, &job->reloader);
		job->populated = false;
		job_check_gone(job);
		return;
	}
	job->escalated = true;
	story_tell(job->unit->name, "did not stop within %d s: SIGKILL", job->unit->stop.timeout_s);
	job->kills = 1;
	timer_set(&job->manager->loop, &job->timer, KILL_AGAIN_MS);
	job_kill_processes(job);
	job_check_gone(job);
}

static void settle(struct job *job)
{
	timer_clear(&job->manager->loop, &job->timer);
	timer_clear(&job->manager->loop, &job->watchdog);
	/* Without a cgroup nobody can tell what is left; the session leader has gone. */
	if (job->cgroup < 0 && job->group > 1 && job->unit->stop.mode != STOP_PROCESS)
		kill(-job->group, SIGKILL);
	job->group = 0;
	/* The next try runs in the same one: making it anew costs as much as the fork. */
	if (job->cgroup >= 0 && job->state != JOB_BACKOFF) {
		loop_remove(&job->manager->loop, &job->events);
		close(job->cgroup);
		job->cgroup = -EBADF;
		cgroup_remove(job->unit->name);
	}
	if (job->state == JOB_DONE) {
		job_stamp_keep(job);
		job->ready_us = loop_now_us();
		story_tell(job->unit->name, "done after %.3f s%s%s", passed(job),
			   job->message[0] ? ": " : "", job->message);
	} else if (job->state == JOB_SKIPPED) {
		story_tell(job->unit->name, "skipped: %s", job->message);
	} else if (job->state == JOB_STOPPED && job->unit->type == UNIT_SERVICE &&
		   (job->was_ready || job->failed)) {
		story_tell(job->unit->name, "stopped");
	}
}

static void backoff(struct job *job)
{
	settle(job);
	job->restarts++;
	timer_set(&job->manager->loop, &job->timer, job->retry_ms);
	/* A oneshot that asks until it gets its answer fails often: told ever more seldom. */
	unsigned tries = job->history.streak;
	if ((tries & (tries - 1)) == 0) {
		story_tell(job->unit->name, "%s; trying again in %.2f s%s", job->message,
			   (double)job->retry_ms / 1e3,
			   tries > 1 ? " (as several times before)" : "");
		logs_show_tail(&job->manager->logs, job);
	}
}

static void fail(struct job *job)
{
	settle(job);
	story_tell(job->unit->name, "FAILED: %s", job->message);
	logs_show_tail(&job->manager->logs, job);
	manager_unit_failed(job);
}

static void act(struct job *job, enum job_action action)
{
	switch (action) {
	case ACTION_LAUNCH:
		begin(job);
		break;
	case ACTION_READY:
		ready(job);
		break;
	case ACTION_CLEAN:
		clean(job);
		break;
	case ACTION_KILL:
		misbehaved(job);
		break;
	case ACTION_STOP:
		stop(job);
		break;
	case ACTION_ESCALATE:
		escalate(job);
		break;
	case ACTION_BACKOFF:
		backoff(job);
		break;
	case ACTION_SETTLE:
		settle(job);
		break;
	case ACTION_FAIL:
		fail(job);
		break;
	case ACTION_IGNORE:
	case ACTION_NONE:
	case JOB_ACTIONS:
		break;
	}
}

void job_event(struct job *job, enum job_event event)
{
	const struct transition *transition = &machine[job->state][event];

	if (transition->action == ACTION_IGNORE)
		return;
	if (transition->next != job->state) {
		job->state = transition->next;
		job->changed = true;
		if (job->state == JOB_WAITING) {
			job->look_at_needs = true;
			mark(&job->boot.queued_us);
		}
		manager_queue_neighbours(job);
	}
	act(job, transition->action);
	if (job->boot.queued_us && job_is_settled(job))
		mark(&job->boot.settled_us);
}
