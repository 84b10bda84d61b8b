/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: a reload is no state of its own, since the service goes
 * on serving. It is asked for, then done when its program ended, when the
 * signal is sent, or, where the service tells, at READY=1. A failure is told
 * and leaves the service as it is.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "manager.h"
#include "story.h"

static void finish(struct job *job, const char *fault)
{
	if (!job->reload_asked)
		return;
	timer_clear(&job->manager->loop, &job->reload_timer);
	child_signal(&job->reloader, SIGKILL);
	job->reload_asked = false;
	snprintf(job->reload_fault, sizeof(job->reload_fault), "%s", fault);
	if (*fault)
		story_tell(job->unit->name, "reload failed: %s", fault);
	else
		story_tell(job->unit->name, "reloaded");
	job->changed = true;
	manager_queue(job);
}

static void late(struct timer *timer)
{
	struct job *job = container_of(timer, struct job, reload_timer);
	char fault[sizeof(job->reload_fault)];

	snprintf(fault, sizeof(fault), "not done within %d s", job->unit->reload.timeout_s);
	finish(job, fault);
}

static void reloader_exited(struct child *child, int status)
{
	struct job *job = container_of(child, struct job, reloader);
	char end[sizeof(job->exit)], fault[sizeof(job->reload_fault)];

	if (job->reload_asked && status != 0) {
		job_describe_exit(status, end, sizeof(end));
		snprintf(fault, sizeof(fault), "its program ended with %s", end);
		finish(job, fault);
	} else if (!job->unit->reload.notify) {
		finish(job, "");
	}
	job_check_gone(job);
}

int job_reload(struct job *job, struct kinc_error *err)
{
	const struct reload_spec *spec = &job->unit->reload;
	int result = 0;

	if (spec->signal == 0 && spec->exec.count == 0)
		return kinc_error_set(err, EINVAL,
				      "unit %s has no \"reload\" that says how; restart does it too",
				      job->unit->name);
	if (job->state != JOB_READY)
		return kinc_error_set(err, ENOTCONN, "unit %s is not ready", job->unit->name);
	if (job->reload_asked || job->reloader.pid > 0)
		return kinc_error_set(err, EBUSY, "unit %s reloads already", job->unit->name);
	job->reloader.exited = reloader_exited;
	if (spec->exec.count > 0)
		result = job_run(job, &spec->exec, &job->reloader, err);
	else if ((result = child_signal(&job->main, spec->signal)) < 0)
		kinc_error_errno(err, -result, "unit %s cannot be sent a signal", job->unit->name);
	if (result < 0)
		return result;
	job->reload_asked = job->changed = true;
	manager_queue(job);
	job->reload_timer.fired = late;
	timer_set(&job->manager->loop, &job->reload_timer, (uint64_t)spec->timeout_s * 1000U);
	if (spec->exec.count == 0 && !spec->notify)
		finish(job, "");
	return 0;
}

void job_reload_notified(struct job *job)
{
	if (job->unit->reload.notify)
		finish(job, "");
}

void job_reload_end(struct job *job)
{
	finish(job, "it ended meanwhile");
}
