/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "manager.h"

void job_ready_reset(struct job *job)
{
	for (size_t i = 0; i < job->unit->ready.count; i++) {
		job->probes[i].holds = false;
		job->probes[i].held_us = 0;
		job->probes[i].reason[0] = '\0';
	}
}

int job_ready_open(struct job *job, int *ret_number, struct kinc_error *err)
{
	*ret_number = 0;
	for (size_t i = 0; i < job->unit->ready.count; i++) {
		struct probe *probe = &job->probes[i];
		if (probe->spec->kind != PROBE_FD)
			continue;
		*ret_number = probe->spec->fd;
		return probe_fd_open(probe, err);
	}
	return -EBADF;
}

/*
 * A probe that holds at once may make the job ready while the others are still
 * being begun; hence the look at the state in between.
 */
void job_ready_begin(struct job *job)
{
	struct kinc_error err = {0};

	for (size_t i = 0; i < job->unit->ready.count && job->state == JOB_STARTING; i++) {
		struct probe *probe = &job->probes[i];
		if (probe->spec->kind != PROBE_NOTIFY && probe_begin(probe, &err) < 0)
			job_set_message(job, "%s", err.message);
	}
	job_ready_check(job);
}

void job_ready_notified(struct job *job)
{
	for (size_t i = 0; i < job->unit->ready.count; i++) {
		struct probe *probe = &job->probes[i];
		if (probe->spec->kind != PROBE_NOTIFY || probe->holds)
			continue;
		probe->holds = true;
		probe->held_us = loop_now_us();
	}
	job->changed = true;
	manager_queue(job);
	job_ready_check(job);
}

void job_ready_end(struct job *job)
{
	for (size_t i = 0; i < job->unit->ready.count; i++)
		probe_end(&job->probes[i]);
}

void job_ready_check(struct job *job)
{
	if (job->state != JOB_STARTING || !job->executed)
		return;
	for (size_t i = 0; i < job->unit->ready.count; i++)
		if (!job->probes[i].holds)
			return;
	job_event(job, EVENT_READY);
}

void job_ready_missing(const struct job *job, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < job->unit->ready.count; i++) {
		char what[300];
		if (job->probes[i].holds)
			continue;
		probe_describe(&job->probes[i], what, sizeof(what));
		int put = snprintf(text + length, size - length, "%s%s", length ? ", " : "", what);
		if (put < 0 || (size_t)put >= size - length)
			return;
		length += (size_t)put;
	}
}
