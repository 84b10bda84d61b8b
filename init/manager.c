/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: jobs that something happened to, and the neighbours of
 * jobs that changed their state, are queued. manager_settle() takes one after
 * the other and asks: may it start now, may it stop now? That is all there is
 * to order, for the boot as for the shutdown: a unit starts when all before it
 * have settled, and stops when all behind it have gone.
 */
#include "manager.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "condition.h"
#include "flight.h"
#include "graph.h"
#include "story.h"
#include "unit_load.h"

const char *boot_state_name(enum boot_state state)
{
	static const char *const names[] = {"starting", "ready", "degraded", "failed", "stopping"};

	return names[state];
}

static struct job *job_of(const struct manager *manager, const struct unit *unit)
{
	return &manager->jobs[unit->index];
}

void manager_queue(struct job *job)
{
	struct manager *manager = job->manager;

	if (job->queued)
		return;
	job->queued = true;
	job->next_queued = NULL;
	if (manager->queue_last)
		manager->queue_last->next_queued = job;
	else
		manager->queue_first = job;
	manager->queue_last = job;
}

static void queue_all(struct manager *manager, const struct edges *edges)
{
	for (size_t i = 0; i < edges->count; i++)
		manager_queue(job_of(manager, edges->items[i]));
}

void manager_queue_neighbours(struct job *job)
{
	struct manager *manager = job->manager;
	const struct unit *unit = job->unit;

	manager_queue(job);
	queue_all(manager, &unit->behind);
	queue_all(manager, &unit->before);
	queue_all(manager, &unit->rivals);
	if (job->state != JOB_FAILED && job->state != JOB_STOPPED)
		return;
	for (size_t i = 0; i < unit->behind.count; i++)
		job_of(manager, unit->behind.items[i])->look_at_needs = true;
}

/*
 * The first of the edges that blocks, or NULL. The last one that did is asked
 * first: a unit with a thousand neighbours is looked at a thousand times, and
 * must not ask all of them each time.
 */
static const struct job *find_blocker(const struct manager *manager, const struct edges *edges,
				      bool (*blocks)(const struct job *other), size_t *last)
{
	if (*last < edges->count && blocks(job_of(manager, edges->items[*last])))
		return job_of(manager, edges->items[*last]);
	for (size_t i = 0; i < edges->count; i++) {
		/* Those before it have been asked when it was found. */
		size_t at = (*last + i) % edges->count;
		if (!blocks(job_of(manager, edges->items[at])))
			continue;
		*last = at;
		return job_of(manager, edges->items[at]);
	}
	return NULL;
}

/* One that is only being restarted is stopped for a moment, but not settled. */
static bool blocks_start(const struct job *other)
{
	return !job_is_settled(other) || other->start_after_stop;
}

static bool blocks_stop(const struct job *other)
{
	return (other->stop_wanted || other->state == JOB_STOPPING) && job_is_active(other);
}

/* Feeds EVENT_NEED_FAILED when a unit that it requires is lost. */
static bool lost_need(struct job *job)
{
	const struct edges *needs = &job->unit->needs;

	if (!job->look_at_needs)
		return false;
	job->look_at_needs = false;
	for (size_t i = 0; i < needs->count; i++) {
		const struct job *other = job_of(job->manager, needs->items[i]);
		if ((other->state != JOB_FAILED && other->state != JOB_STOPPED) ||
		    other->start_after_stop)
			continue;
		job_set_message(job, "needs %s, which %s", other->unit->name,
				other->state == JOB_FAILED ? "failed" : "is stopped");
		job_event(job, EVENT_NEED_FAILED);
		return true;
	}
	return false;
}

/* Feeds EVENT_CLEARED, EVENT_SKIP or EVENT_NEED_FAILED when it is time. */
static void try_start(struct job *job)
{
	const struct manager *manager = job->manager;
	const struct unit *unit = job->unit;
	char why[300];

	if (lost_need(job) || job->stamper.pid > 0 ||
	    find_blocker(manager, &unit->before, blocks_start, &job->start_blocker))
		return;
	/* Its rivals have been told to stop when it was told to start. */
	for (size_t i = 0; i < unit->rivals.count; i++)
		if (job_is_active(job_of(manager, unit->rivals.items[i])))
			return;
	if (!condition_holds(&unit->condition, &manager->variables, why, sizeof(why))) {
		job_set_message(job, "%s", why);
		job_event(job, EVENT_SKIP);
		return;
	}
	job_event(job, EVENT_CLEARED);
}

static void try_stop(struct job *job)
{
	if (find_blocker(job->manager, &job->unit->behind, blocks_stop, &job->stop_blocker))
		return;
	job->stop_wanted = false;
	job_event(job, EVENT_STOP);
}

static void look_at(struct job *job)
{
	if (job->stop_wanted && job->state != JOB_STOPPING)
		try_stop(job);
	if (job->state == JOB_WAITING && !job->manager->stopping)
		try_start(job);
	if (job->start_after_stop && !job_is_active(job)) {
		job->start_after_stop = false;
		if (!job->manager->stopping)
			job_event(job, EVENT_START);
	}
}

/* True when it was not on its way already. */
static bool want_start(struct manager *manager, struct unit *unit)
{
	struct job *job = job_of(manager, unit);
	bool fresh = false;

	job->stop_wanted = false;
	if (job->state == JOB_STOPPING || job->state == JOB_CLEANING) {
		fresh = !job->start_after_stop;
		job->start_after_stop = true;
	}
	if (job_is_active(job) || job->state == JOB_WAITING)
		return fresh;
	/* Its own doing is what counts from here on. */
	job->history.count = job->history.next = job->history.streak = 0;
	job_event(job, EVENT_START);
	return true;
}

static void want_stop(struct job *job)
{
	job->stop_wanted = true;
	job->start_after_stop = false;
	manager_queue(job);
}

static void stop_rivals(struct manager *manager, const struct unit *unit)
{
	for (size_t i = 0; i < unit->rivals.count; i++) {
		struct unit *rival = unit->rivals.items[i];
		const struct job *job = job_of(manager, rival);
		if (job->start_after_stop || job_is_active(job) || job->state == JOB_WAITING ||
		    job->state == JOB_BACKOFF)
			manager_stop(manager, rival);
	}
}

/* What stands already is not started again, so neither are its dependencies. */
void manager_start(struct manager *manager, struct unit *unit)
{
	struct unit_set *units = &manager->units;

	for (size_t i = 0; i < units->count; i++)
		units->seen[i] = units->items[i] != unit && job_is_satisfied(&manager->jobs[i]);
	size_t count = graph_collect(units, unit);
	memset(units->seen, 0, units->count * sizeof(*units->seen));
	for (size_t i = 0; i < count; i++)
		units->seen[units->members[i]->index] = true;
	for (size_t i = 0; i < units->count; i++)
		if (units->seen[i] && want_start(manager, units->items[i]))
			stop_rivals(manager, units->items[i]);
}

void manager_stop(struct manager *manager, struct unit *unit)
{
	want_stop(job_of(manager, unit));
	/* In boot order: who requires a unit that will be stopped comes after it. */
	for (size_t i = unit->index + 1; i < manager->units.count; i++) {
		struct unit *other = manager->units.items[i];
		struct job *job = job_of(manager, other);
		for (size_t j = 0; j < other->needs.count; j++)
			if (job_of(manager, other->needs.items[j])->stop_wanted &&
			    (job_is_active(job) || job->state == JOB_WAITING ||
			     job->state == JOB_BACKOFF) &&
			    other->type != UNIT_TARGET)
				want_stop(job);
	}
}

void manager_restart(struct manager *manager, struct unit *unit)
{
	struct job *job = job_of(manager, unit);

	if (!job_is_active(job)) {
		manager_start(manager, unit);
		return;
	}
	want_stop(job);
	job->start_after_stop = true;
}

void manager_shutdown(struct manager *manager, const char *why)
{
	if (manager->stopping)
		return;
	manager->stopping = true;
	story_tell("kinc-init", "stopping everything: %s", why);
	for (size_t i = 0; i < manager->units.count; i++)
		want_stop(&manager->jobs[i]);
}

void manager_warn(struct manager *manager, const char *who, const char *text)
{
	for (size_t i = 0; i < manager->warning_count; i++)
		if (strcmp(manager->warnings[i], text) == 0)
			return;
	story_tell(who, "WARNING: %s", text);
	char *copy = manager->warning_count < WARNINGS_MAX ? strdup(text) : NULL;
	if (!copy)
		return;
	manager->warnings[manager->warning_count++] = copy;
	control_tell_warning(&manager->control, copy);
}

void manager_unit_failed(struct job *job)
{
	struct manager *manager = job->manager;

	if (!job->unit->critical || manager->stopping)
		return;
	manager->lost_critical = true;
	/* The first failed unit in boot order is the cause of those behind it. */
	const struct job *first = job;
	for (size_t i = 0; i < job->unit->index; i++)
		if (manager->jobs[i].state == JOB_FAILED && first == job)
			first = &manager->jobs[i];
	manager->lost_by_system = first->unit->type == UNIT_BUILTIN;
	snprintf(manager->lost_why, sizeof(manager->lost_why), "%s: %s", first->unit->name,
		 first->message);
	char why[160];
	snprintf(why, sizeof(why), "the critical unit %s failed", job->unit->name);
	manager_shutdown(manager, why);
}

static enum boot_state boot_state(const struct manager *manager)
{
	const struct job *target = manager->target;

	if (manager->stopping)
		return BOOT_STOPPING;
	if (target->state == JOB_FAILED)
		return BOOT_FAILED;
	if (!job_is_satisfied(target))
		return BOOT_STARTING;
	for (size_t i = 0; i < manager->units.count; i++)
		if (manager->units.items[i]->needed && !job_is_satisfied(&manager->jobs[i]))
			return BOOT_DEGRADED;
	return BOOT_READY;
}

static void tell_state(struct manager *manager)
{
	enum boot_state state = boot_state(manager);

	if (state == manager->state)
		return;
	manager->state = state;
	flight_state(boot_state_name(state));
	if (!manager->ready_us && (state == BOOT_READY || state == BOOT_DEGRADED))
		manager->ready_us = loop_now_us();
	if (state != BOOT_STOPPING)
		story_tell("kinc-init", "%s: %s", manager->target->unit->name,
			   boot_state_name(state));
	control_tell_state(&manager->control);
}

void manager_settle(struct manager *manager)
{
	bool any = manager->queue_first != NULL;

	while (manager->queue_first) {
		struct job *job = manager->queue_first;
		manager->queue_first = job->next_queued;
		if (!manager->queue_first)
			manager->queue_last = NULL;
		job->queued = false;
		look_at(job);
		if (job->changed && !job->queued) {
			job->changed = false;
			flight_unit(job);
			control_tell_unit(&manager->control, job);
		}
	}
	if (!any)
		return;
	tell_state(manager);
	outer_update(manager);
}

static void job_timer_fired(struct timer *timer)
{
	struct job *job = container_of(timer, struct job, timer);
	char missing[300];

	if (job->state == JOB_STARTING) {
		job_ready_missing(job, missing, sizeof(missing));
		job_set_message(job, "%s within %d s%s%s",
				job->unit->type == UNIT_SERVICE ? "not ready" : "not done",
				job->unit->start_timeout_s, missing[0] ? "; waits for " : "",
				missing);
	}
	job_event(job, EVENT_TIMEOUT);
}

static void job_init(struct job *job, struct manager *manager, struct unit *unit)
{
	*job = (struct job){
		.manager = manager,
		.unit = unit,
		.main = {.pidfd = -EBADF},
		.stopper = {.pidfd = -EBADF},
		.reloader = {.pidfd = -EBADF},
		.stamper = {.pidfd = -EBADF},
		.adopted = {.fd = -EBADF},
		.report = {.fd = -EBADF},
		.notify = {.fd = -EBADF},
		.events = {.fd = -EBADF},
		.cgroup = -EBADF,
		.log_pipes = {{-EBADF, -EBADF}, {-EBADF, -EBADF}},
		.timer = {.fired = job_timer_fired},
	};
}

int manager_init(struct manager *manager, struct unit *target, struct kinc_error *err)
{
	struct arena *arena = &manager->units.arena;

	manager->outer.fd = -EBADF;
	manager->jobs = calloc(manager->units.count, sizeof(*manager->jobs));
	if (!manager->jobs)
		return kinc_error_errno(err, ENOMEM, "starting");
	for (size_t i = 0; i < manager->units.count; i++) {
		struct unit *unit = manager->units.items[i];
		struct job *job = &manager->jobs[i];
		const struct probe_spec *specs = unit->ready.items;

		job_init(job, manager, unit);
		job->history.times_ms =
			arena_alloc(arena, (size_t)unit->restart.limit * sizeof(uint64_t) + 1);
		job->probes = arena_alloc(arena, (unit->ready.count + 1) * sizeof(*job->probes));
		if (!job->history.times_ms || !job->probes)
			return kinc_error_errno(err, ENOMEM, "starting");
		for (size_t j = 0; j < unit->ready.count; j++)
			probe_init(&job->probes[j], job, &specs[j]);
	}
	manager->target = job_of(manager, target);
	return 0;
}

void manager_free(struct manager *manager)
{
	for (size_t i = 0; i < manager->warning_count; i++)
		free(manager->warnings[i]);
	free(manager->jobs);
	variables_free(&manager->variables);
	units_free(&manager->units);
}
