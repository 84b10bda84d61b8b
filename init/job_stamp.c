/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "expand.h"
#include "manager.h"
#include "report.h"
#include "spawn.h"
#include "stamp.h"

struct expanded {
	char **argv, **environment, **inputs, **outputs;
	char *directory, *version;
};

static void expanded_free(struct expanded *expanded)
{
	expand_free(expanded->argv);
	expand_free(expanded->environment);
	expand_free(expanded->inputs);
	expand_free(expanded->outputs);
	free(expanded->directory);
	free(expanded->version);
}

/* NULL stays NULL; false after an error. */
static bool expand_optional(const char *text, const struct variables *variables, char **ret_text,
			    struct kinc_error *err)
{
	*ret_text = text ? expand_text(text, variables, err) : NULL;
	return !text || *ret_text;
}

static int expand(const struct job *job, struct expanded *expanded, struct kinc_error *err)
{
	const struct unit *unit = job->unit;
	const struct variables *variables = &job->manager->variables;

	if ((expanded->argv = expand_strings(&unit->exec, variables, err)) &&
	    (expanded->environment = expand_strings(&unit->environment, variables, err)) &&
	    (expanded->inputs = expand_strings(&unit->stamp.inputs, variables, err)) &&
	    (expanded->outputs = expand_strings(&unit->stamp.outputs, variables, err)) &&
	    expand_optional(unit->working_directory, variables, &expanded->directory, err) &&
	    expand_optional(unit->stamp.version, variables, &expanded->version, err))
		return 0;
	return -err->code;
}

bool job_stamp_needless(void *data, int report)
{
	const struct job *job = data;
	struct expanded expanded = {0};
	struct kinc_error err = {0};
	char why[STAMP_WHY_MAX] = "";

	int result = expand(job, &expanded, &err);
	if (result == 0) {
		const struct stamp_facts facts = {
			.unit = job->unit->name,
			.argv = expanded.argv,
			.environment = expanded.environment,
			.inputs = expanded.inputs,
			.outputs = expanded.outputs,
			.directory = expanded.directory,
			.version = expanded.version,
		};
		result = stamp_begin(STAMP_DIRECTORY, &facts, job->force || job->manager->force,
				     why, &err);
	}
	expanded_free(&expanded);
	if (result > 0)
		report_send(report, REPORT_UNCHANGED, "%s", why);
	else if (result == 0)
		report_send(report, REPORT_NOTE, "runs: %s", why);
	else
		report_send(report, REPORT_WARNING,
			    "%s cannot be stamped and will run again at the next boot: %s",
			    job->unit->name, err.message);
	return result > 0;
}

/* The status is an errno: what the warning needs to say. */
static int run_keep(void *data, int report)
{
	const struct job *job = data;
	struct expanded expanded = {0};
	struct kinc_error err = {0};

	(void)report;
	int result = expand(job, &expanded, &err);
	if (result == 0)
		result = stamp_keep(STAMP_DIRECTORY, job->unit->name, expanded.outputs, &err);
	expanded_free(&expanded);
	return -result;
}

static void warn(struct job *job, const char *why)
{
	char text[1400]; /* KINC_ERROR_MAX, and a name */

	snprintf(text, sizeof(text), "%s could not be stamped and will run again at the next boot: %s",
		 job->unit->name, why);
	manager_warn(job->manager, job->unit->name, text);
}

static void keeper_exited(struct child *child, int status)
{
	struct job *job = container_of(child, struct job, stamper);

	if (WIFSIGNALED(status))
		warn(job, "the process that does it was killed");
	else if (WEXITSTATUS(status) > 0)
		warn(job, strerror(WEXITSTATUS(status)));
	/* A new run waits for it, or the old stamp could take the place of the new one. */
	manager_queue(job);
}

void job_stamp_keep(struct job *job)
{
	struct spawn child = {
		.run = run_keep,
		.data = job,
		.output = -1,
		.report = -1,
		.cgroup = -1,
		.oom_score_adj = OOM_SCORE_UNSET,
		.name = "kinc-stamp",
	};
	struct kinc_error err;

	if (!stamp_is_asked(&job->unit->stamp) || job->unchanged)
		return;
	pid_t pid = spawn(&child, &job->stamper.pidfd, &err);
	if (pid < 0) {
		warn(job, err.message);
		return;
	}
	job->stamper.pid = pid;
	job->stamper.exited = keeper_exited;
	child_add(&job->manager->children, &job->stamper);
}
