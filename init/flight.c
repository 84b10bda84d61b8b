/* SPDX-License-Identifier: MIT */
#include "flight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "flight_record.h"
#include "manager.h"
#include "spawn.h"
#include "version.h"

/* What the child that prepares the file ends with. */
enum { ON_DISK, ON_RUN, NOWHERE };

static struct kinc_flight *volatile flight; /* NULL: nothing is recorded */
static uint64_t started_us;

static uint64_t passed_ms(void)
{
	return (loop_now_us() - started_us) / 1000U;
}

static struct kinc_flight *map(int fd, struct kinc_error *err)
{
	int flags = fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
	void *at = mmap(NULL, sizeof(struct kinc_flight), PROT_READ | PROT_WRITE, flags, fd, 0);

	if (at == MAP_FAILED) {
		kinc_error_errno(err, errno, "cannot map the flight record");
		return NULL;
	}
	return at;
}

int flight_begin(struct kinc_error *err)
{
	struct timespec now;
	struct kinc_flight *fresh = map(-1, err);
	cleanup_free char *boot = NULL;

	if (!fresh)
		return -err->code;
	started_us = loop_now_us();
	clock_gettime(CLOCK_REALTIME, &now);
	memcpy(fresh->magic, KINC_FLIGHT_MAGIC, sizeof(fresh->magic));
	fresh->version = KINC_FLIGHT_VERSION;
	fresh->size = sizeof(*fresh);
	fresh->started_ms = (uint64_t)now.tv_sec * 1000U + (uint64_t)now.tv_nsec / 1000000U;
	fresh->pid = getpid();
	fresh->exit_status = KINC_FLIGHT_RUNNING;
	if (kinc_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &boot, NULL, NULL) == 0)
		snprintf(fresh->boot_id, sizeof(fresh->boot_id), "%.36s", boot);
	snprintf(fresh->program, sizeof(fresh->program), "%s", KINC_VERSION);
	crash_build_id(fresh->build_id, sizeof(fresh->build_id));
	flight = fresh;
	crash_catch(&flight);
	return 0;
}

/* All blocks are there before PID 1 maps it: a full disk then costs no SIGBUS. */
static int prepare_file(const char *path)
{
	static const char zeros[4096];
	char part[64], last[64];
	int result = 0;

	snprintf(part, sizeof(part), "%s.part", path);
	snprintf(last, sizeof(last), "%s.1", path);
	unlink(part);
	cleanup_close int fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	for (size_t at = 0; at < sizeof(struct kinc_flight) && result == 0; at += sizeof(zeros)) {
		size_t left = sizeof(struct kinc_flight) - at;
		result = kinc_write_all(fd, zeros, left < sizeof(zeros) ? left : sizeof(zeros), NULL);
	}
	if (result == 0)
		result = -posix_fallocate(fd, 0, sizeof(struct kinc_flight));
	/* Only now: where there is no room, the last record stays the last one. */
	if (result == 0 && rename(path, last) < 0 && errno != ENOENT)
		result = -errno;
	if (result == 0 && rename(part, path) < 0)
		result = -errno;
	if (result < 0)
		unlink(part);
	return result;
}

static int prepare(void *data, int report)
{
	(void)data, (void)report;
	unlink(KINC_FLIGHT_RUN);
	if (kinc_make_directories("/var/lib/kinc", 0755, NULL) == 0 &&
	    prepare_file(KINC_FLIGHT_FILE) == 0)
		return ON_DISK;
	if (kinc_make_directories(RUN_DIRECTORY, 0755, NULL) == 0 &&
	    prepare_file(KINC_FLIGHT_RUN) == 0)
		return ON_RUN;
	return NOWHERE;
}

static void prepared(struct child *child, int status)
{
	struct manager *manager = container_of(child, struct manager, flight);
	int where = WIFEXITED(status) ? WEXITSTATUS(status) : NOWHERE;
	cleanup_close int fd = -EBADF;
	struct kinc_flight *file = NULL, *before = flight;

	if (where != NOWHERE)
		fd = open(where == ON_DISK ? KINC_FLIGHT_FILE : KINC_FLIGHT_RUN,
			  O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0)
		file = map(fd, NULL);
	if (where == ON_RUN || !file)
		manager_warn(manager, "kinc-init",
			     file ? "the flight record does not fit on /var/lib/kinc and will not "
				    "outlive the container: make room there"
				  : "the flight record cannot be written, neither on /var/lib/kinc nor "
				    "on /run/kinc");
	if (!file)
		return;
	memcpy(file, before, sizeof(*file));
	flight = file;
	munmap(before, sizeof(*before));
}

void flight_attach(struct manager *manager)
{
	struct spawn child = {
		.run = prepare,
		.output = -1,
		.report = -1,
		.cgroup = -1,
		.oom_score_adj = OOM_SCORE_UNSET,
		.name = "kinc-flight",
	};
	pid_t pid = flight ? spawn(&child, &manager->flight.pidfd, NULL) : -1;

	if (pid < 0)
		return;
	manager->flight.pid = pid;
	manager->flight.exited = prepared;
	child_add(&manager->children, &manager->flight);
}

/* Nobody else reads or writes the mapping now, but a kill may come between any two stores. */
static void order(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

void flight_unit(const struct job *job)
{
	size_t index = job->unit->index;

	if (!flight)
		return;
	flight->unit_total = (uint32_t)job->manager->units.count;
	if (index >= KINC_FLIGHT_UNITS)
		return;
	struct kinc_flight_unit *unit = &flight->units[index];
	uint32_t number = unit->end + 1;
	unit->begin = number;
	order();
	unit->pid = job->main.pid;
	unit->restarts = job->restarts;
	unit->changed_ms = passed_ms();
	snprintf(unit->state, sizeof(unit->state), "%s", job_state_name(job->state));
	snprintf(unit->name, sizeof(unit->name), "%s", job->unit->name);
	order();
	unit->end = number;
}

void flight_event(const char *who, const char *text)
{
	if (!flight)
		return;
	uint32_t number = flight->event_total;
	struct kinc_flight_event *event = &flight->events[number % KINC_FLIGHT_EVENTS];
	event->begin = number + 1;
	order();
	event->time_ms = passed_ms();
	snprintf(event->who, sizeof(event->who), "%s", who);
	snprintf(event->text, sizeof(event->text), "%s", text);
	order();
	event->end = number + 1;
	flight->event_total = number + 1;
}

void flight_state(const char *state)
{
	if (flight)
		snprintf(flight->state, sizeof(flight->state), "%s", state);
}

void flight_end(int status)
{
	if (flight)
		flight->exit_status = status;
}

void flight_forget(void)
{
	flight = NULL;
}
