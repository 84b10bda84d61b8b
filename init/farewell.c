/* SPDX-License-Identifier: MIT */
#include "farewell.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "manager.h"
#include "story.h"

#define TERM_MS 10000
#define PODS_MS 10000
/* Pods are children of their shims: nobody tells PID 1 that they have gone. */
#define PODS_LOOK_MS 20
#define KILL_MS 2000
#define LOGS_MS 2000

/* State and parent of a process: false when it has gone. */
static bool look_up(const char *pid, char *ret_state, int *ret_parent)
{
	char path[300];
	cleanup_free char *text = NULL;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	if (kinc_read_file(AT_FDCWD, path, 4096, &text, NULL, NULL) < 0)
		return false;
	/* PID (NAME) STATE PARENT ...; a name may contain ")". */
	const char *end = strrchr(text, ')');
	if (!end || strlen(end) < 5)
		return false;
	*ret_state = end[2];
	*ret_parent = (int)strtol(end + 4, NULL, 10);
	return true;
}

/* Is it in a pid namespace below ours? NSpid lists its id in each, see proc(5). */
static bool is_nested(const char *pid)
{
	static const char key[] = "\nNSpid:";
	char path[300];
	cleanup_free char *text = NULL;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	if (kinc_read_file(AT_FDCWD, path, 16384, &text, NULL, NULL) < 0)
		return false;
	const char *ids = strstr(text, key);
	if (!ids)
		return false;
	ids += sizeof(key) - 1;
	ids += strspn(ids, " \t");
	ids += strcspn(ids, " \t\n");
	return *ids == ' ' || *ids == '\t';
}

/*
 * Signals (0: only counts) every process but this one, the log helper and its
 * children, or of those only the nested. Only PID 1 may think that every
 * process is its own.
 */
static size_t signal_others(const struct manager *manager, int number, bool only_nested)
{
	DIR *proc = getpid() == 1 ? opendir("/proc") : NULL;
	const struct dirent *entry;
	size_t count = 0;

	while (proc && (entry = readdir(proc))) {
		int pid = (int)strtol(entry->d_name, NULL, 10), parent;
		char state;
		if (pid <= 1 || pid == manager->logs.helper.pid ||
		    !look_up(entry->d_name, &state, &parent) || state == 'Z' ||
		    (parent > 1 && parent == manager->logs.helper.pid) ||
		    (only_nested && !is_nested(entry->d_name)))
			continue;
		count++;
		if (number > 0)
			kill(pid, number);
	}
	if (proc)
		closedir(proc);
	return count;
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
		left = signal_others(manager, SIGTERM, true);
		if (left > 0)
			story_tell("kinc-init",
				   "units have stopped; SIGTERM to %zu processes of pods", left);
		farewell->pods_until_us = loop_now_us() + (uint64_t)PODS_MS * 1000;
		enter(manager, FAREWELL_PODS, left > 0 ? PODS_LOOK_MS : 0);
	}
	if (farewell->stage == FAREWELL_PODS) {
		if (signal_others(manager, 0, true) > 0 &&
		    loop_now_us() < farewell->pods_until_us) {
			if (!farewell->timer.armed)
				enter(manager, FAREWELL_PODS, PODS_LOOK_MS);
			return;
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
