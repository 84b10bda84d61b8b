/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cgroup.h"
#include "expand.h"
#include "manager.h"
#include "restart.h"
#include "spawn.h"
#include "story.h"

static uint64_t now_ms(void)
{
	return loop_now_us() / 1000U;
}

/*
 * stop.mode decides who gets the signal. Without a cgroup the process group
 * stands in for it: children are started as session leaders.
 */
void job_signal(struct job *job, int number)
{
	bool all = job->unit->stop.mode == STOP_CGROUP ||
		   (number == SIGKILL && job->unit->stop.mode == STOP_MIXED);

	if (all && job->cgroup >= 0)
		cgroup_signal(job->cgroup, number);
	else if (all && job->group > 1)
		kill(-job->group, number);
	child_signal(&job->main, number);
}

/* A process that is stopped (SIGSTOP) handles its signal only once it goes on. */
static void ask_processes(struct job *job)
{
	job_signal(job, job->unit->stop.signal);
	job_signal(job, SIGCONT);
}

void job_kill_processes(struct job *job)
{
	child_signal(&job->stopper, SIGKILL);
	job_signal(job, SIGKILL);
}

static void stopper_exited(struct child *child, int status)
{
	struct job *job = container_of(child, struct job, stopper);

	(void)status;
	if (job->state == JOB_STOPPING && !job->escalated)
		ask_processes(job);
	job_check_gone(job);
}

int job_run(struct job *job, const struct strings *command, struct child *child,
	    struct kinc_error *err)
{
	struct manager *manager = job->manager;
	cleanup_argv char **argv = expand_strings(command, &manager->variables, err);
	cleanup_argv char **environment =
		argv ? expand_environment(job->unit, &manager->variables, NULL, err) : NULL;
	struct spawn program = {
		.argv = argv,
		.environment = environment,
		.output = job->log_pipes[LOG_STDOUT][1],
		.errors = job->log_pipes[LOG_STDERR][1],
		.report = -1,
		.cgroup = job->cgroup,
		.nofile = &manager->nofile,
		.oom_score_adj = OOM_SCORE_UNSET,
		.process = &job->unit->process,
		.variables = &manager->variables,
		.name = job->unit->name,
	};

	if (!environment)
		return -ENOMEM;
	pid_t pid = spawn(&program, &child->pidfd, err);
	if (pid < 0)
		return (int)pid;
	child->pid = pid;
	child_add(&manager->children, child);
	return 0;
}

/* Starts stop.exec: true when it runs. */
static bool run_stopper(struct job *job)
{
	struct kinc_error err;

	job->stopper.exited = stopper_exited;
	return job_run(job, &job->unit->stop.exec, &job->stopper, &err) == 0;
}

void job_end_processes(struct job *job, bool polite)
{
	if (polite && job->unit->stop.exec.count > 0 && job->main.pid > 0 && run_stopper(job))
		return;
	if (job->main.pid == 0 && job->unit->stop.mode == STOP_MIXED) {
		job_kill_processes(job);
		return;
	}
	ask_processes(job);
}

static bool is_gone(const struct job *job)
{
	if (job->main.pid > 0 || job->stopper.pid > 0 || job->reloader.pid > 0)
		return false;
	if (job->unit->stop.mode == STOP_PROCESS || job->unit->type == UNIT_BUILTIN)
		return true;
	return job->events.fd < 0 || !job->populated;
}

static enum restart_policy policy_of(const struct unit *unit)
{
	if (unit->restart.policy >= 0)
		return (enum restart_policy)unit->restart.policy;
	return unit->type == UNIT_SERVICE ? RESTART_ON_FAILURE : RESTART_NEVER;
}

/* Its process ended by itself; all of it has gone: what now? */
static enum job_event verdict(struct job *job)
{
	const struct unit *unit = job->unit;
	uint64_t stood_ms = job->was_ready ? now_ms() - job->ready_us / 1000U : 0;
	bool limited = false;

	if (!job->failed && unit->type != UNIT_SERVICE)
		return EVENT_SUCCEEDED;
	int delay = job->refused ? -1
				 : restart_decide(&unit->restart, policy_of(unit), job->failed,
						  &job->history, now_ms(), stood_ms, &limited);
	if (delay >= 0) {
		job->retry_ms = delay;
		return EVENT_RETRY;
	}
	if (limited) {
		char message[sizeof(job->message)];
		snprintf(message, sizeof(message), "%s", job->message);
		job_set_message(job, "%.400s; restarted %d times within %d s", message,
				unit->restart.limit, unit->restart.window_s);
		return EVENT_GIVE_UP;
	}
	return job->failed ? EVENT_GIVE_UP : EVENT_GONE;
}

void job_check_gone(struct job *job)
{
	if ((job->state != JOB_STOPPING && job->state != JOB_CLEANING) || !is_gone(job))
		return;
	job_event(job, job->state == JOB_STOPPING ? EVENT_GONE : verdict(job));
}
