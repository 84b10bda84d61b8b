/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "manager.h"

/*
 * A probe that holds at once may make the job ready while the others are still
 * being begun; hence the look at the state in between.
 */
void job_ready_begin(struct job *job)
{
	struct kinc_error err = {0};

	for (size_t i = 0; i < job->unit->ready.count; i++)
		job->probes[i].holds = false;
	for (size_t i = 0; i < job->unit->ready.count && job->state == JOB_STARTING; i++) {
		struct probe *probe = &job->probes[i];
		if (probe->spec->kind != PROBE_NOTIFY && probe_begin(probe, &err) < 0)
			job_set_message(job, "%s", err.message);
	}
	job_ready_check(job);
}

void job_ready_end(struct job *job)
{
	for (size_t i = 0; i < job->unit->ready.count; i++)
		probe_end(&job->probes[i]);
}

static bool holds(const struct job *job, const struct probe *probe)
{
	return probe->spec->kind == PROBE_NOTIFY ? job->notified : probe->holds;
}

void job_ready_check(struct job *job)
{
	if (job->state != JOB_STARTING || !job->executed)
		return;
	for (size_t i = 0; i < job->unit->ready.count; i++)
		if (!holds(job, &job->probes[i]))
			return;
	job_event(job, EVENT_READY);
}

void job_ready_missing(const struct job *job, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < job->unit->ready.count; i++) {
		const struct probe_spec *spec = job->probes[i].spec;
		if (holds(job, &job->probes[i]))
			continue;
		const char *what = spec->address ? spec->address : "";
		if (spec->kind == PROBE_EXEC)
			what = spec->argv.items[0];
		int put = snprintf(text + length, size - length, "%s%s%s%s", length ? ", " : "",
				   probe_kind_name(spec->kind), *what ? " " : "", what);
		if (put < 0 || (size_t)put >= size - length)
			return;
		length += (size_t)put;
	}
}
