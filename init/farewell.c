/* SPDX-License-Identifier: MIT */
#include "farewell.h"

#include <signal.h>

#include "manager.h"
#include "story.h"
#include "survivors.h"

#define TERM_MS 10000
#define PODS_MS 10000
/* Until who was in sigwait(3) has returned from it. */
#define DEAF_MS 1000
/* Pods are children of their shims: nobody tells PID 1 that they have gone. */
#define PODS_LOOK_MS 20
#define KILL_MS 2000
#define LOGS_MS 2000

static struct survivor survivors[SURVIVORS_MAX];
/* Those of pods that could not hear SIGTERM when it was sent. */
static pid_t deaf[SURVIVORS_MAX];
static size_t deaf_count;

/*
 * Signals (0: only counts) every process but this one, the log helper and its
 * children, or of those only the nested.
 */
static size_t signal_others(const struct manager *manager, int number, bool only_nested)
{
	size_t there = survivors_list(manager->logs.helper.pid, survivors), count = 0;

	for (size_t i = 0; i < there; i++) {
		if (only_nested && !survivors[i].nested)
			continue;
		count++;
		if (number > 0)
			kill(survivors[i].pid, number);
	}
	return count;
}

static size_t ask_pods(const struct manager *manager)
{
	size_t there = survivors_list(manager->logs.helper.pid, survivors), count = 0;

	deaf_count = 0;
	for (size_t i = 0; i < there; i++)
		if (survivor_is_deaf(&survivors[i], survivors, there))
			deaf[deaf_count++] = survivors[i].pid;
	for (size_t i = 0; i < there; i++) {
		if (!survivors[i].nested)
			continue;
		count++;
		kill(survivors[i].pid, SIGTERM);
	}
	return count;
}

/* Who was deaf when it was asked, and still is, will do nothing in the time that it has left. */
static void kill_deaf(const struct manager *manager)
{
	size_t there = survivors_list(manager->logs.helper.pid, survivors);

	for (size_t i = 0; i < there; i++)
		for (size_t j = 0; j < deaf_count; j++)
			if (survivors[i].pid == deaf[j] &&
			    survivor_is_deaf(&survivors[i], survivors, there))
				kill(deaf[j], SIGKILL);
	deaf_count = 0;
}

static bool jobs_have_gone(const struct manager *manager)
{
	for (size_t i = 0; i < manager->units.count; i++)
		if (job_is_active(&manager->jobs[i]))
			return false;
	return true;
}

static void fired(struct timer *timer)
{
	/* The stage is over; farewell_advance sees that it is not armed any more. */
	(void)timer;
}

static void enter(struct manager *manager, enum farewell_stage stage, unsigned patience_ms)
{
	manager->farewell.stage = stage;
	manager->farewell.timer.fired = fired;
	timer_set(&manager->loop, &manager->farewell.timer, patience_ms);
}

void farewell_advance(struct manager *manager)
{
	struct farewell *farewell = &manager->farewell;
	size_t left;

	if (farewell->stage == FAREWELL_NOT_YET) {
		if (!jobs_have_gone(manager))
			return;
		left = ask_pods(manager);
		if (left > 0)
			story_tell("kinc-init",
				   "units have stopped; SIGTERM to %zu processes of pods", left);
		farewell->asked_us = loop_now_us();
		enter(manager, FAREWELL_PODS, left > 0 ? PODS_LOOK_MS : 0);
	}
	if (farewell->stage == FAREWELL_PODS) {
		uint64_t asked_ms = (loop_now_us() - farewell->asked_us) / 1000;
		if (deaf_count > 0 && asked_ms >= DEAF_MS)
			kill_deaf(manager);
		left = signal_others(manager, 0, true);
		if (left > 0 && asked_ms < PODS_MS) {
			if (!farewell->timer.armed)
				enter(manager, FAREWELL_PODS, PODS_LOOK_MS);
			return;
		}
		if (left > 0) {
			const struct survivor *one = survivors;
			while (!one->nested)
				one++;
			story_tell("kinc-init", "SIGKILL to %zu processes of pods, %s among them",
				   left, one->name);
			signal_others(manager, SIGKILL, true);
		}
		left = signal_others(manager, SIGTERM, false);
		if (left > 0)
			story_tell("kinc-init", "SIGTERM to %zu processes left", left);
		enter(manager, FAREWELL_ASKED, TERM_MS);
	}
	bool patience_over = !farewell->timer.armed;
	if (farewell->stage == FAREWELL_ASKED) {
		left = signal_others(manager, 0, false);
		if (left > 0 && !patience_over)
			return;
		if (left > 0)
			story_tell("kinc-init", "SIGKILL to %zu processes left", left);
		signal_others(manager, SIGKILL, false);
		enter(manager, FAREWELL_KILLED, KILL_MS);
		patience_over = false;
	}
	if (farewell->stage == FAREWELL_KILLED) {
		if (signal_others(manager, 0, false) > 0 && !patience_over)
			return;
		enter(manager, FAREWELL_LOGS, LOGS_MS);
		patience_over = false;
	}
	if (farewell->stage == FAREWELL_LOGS && (logs_finish(&manager->logs) || patience_over))
		farewell->stage = FAREWELL_OVER;
}
