/* SPDX-License-Identifier: MIT */
#include "machine.h"

const struct transition machine[JOB_STATES][JOB_EVENTS] = {
	[JOB_STOPPED] = {
		[EVENT_START] = {JOB_WAITING, ACTION_NONE},
	},
	[JOB_WAITING] = {
		[EVENT_CLEARED] = {JOB_STARTING, ACTION_LAUNCH},
		[EVENT_SKIP] = {JOB_SKIPPED, ACTION_SETTLE},
		[EVENT_NEED_FAILED] = {JOB_FAILED, ACTION_FAIL},
		[EVENT_STOP] = {JOB_STOPPED, ACTION_SETTLE},
	},
	[JOB_STARTING] = {
		[EVENT_READY] = {JOB_READY, ACTION_READY},
		[EVENT_EXIT] = {JOB_CLEANING, ACTION_CLEAN},
		[EVENT_TIMEOUT] = {JOB_CLEANING, ACTION_KILL},
		[EVENT_WATCHDOG] = {JOB_CLEANING, ACTION_KILL},
		[EVENT_STOP] = {JOB_STOPPING, ACTION_STOP},
	},
	[JOB_READY] = {
		[EVENT_EXIT] = {JOB_CLEANING, ACTION_CLEAN},
		[EVENT_WATCHDOG] = {JOB_CLEANING, ACTION_KILL},
		[EVENT_STOP] = {JOB_STOPPING, ACTION_STOP},
	},
	[JOB_DONE] = {
		[EVENT_START] = {JOB_WAITING, ACTION_NONE},
		[EVENT_STOP] = {JOB_STOPPED, ACTION_SETTLE},
	},
	[JOB_SKIPPED] = {
		[EVENT_START] = {JOB_WAITING, ACTION_NONE},
		[EVENT_STOP] = {JOB_STOPPED, ACTION_SETTLE},
	},
	[JOB_CLEANING] = {
		[EVENT_TIMEOUT] = {JOB_CLEANING, ACTION_ESCALATE},
		[EVENT_STOP] = {JOB_STOPPING, ACTION_NONE},
		[EVENT_GONE] = {JOB_STOPPED, ACTION_SETTLE},
		[EVENT_SUCCEEDED] = {JOB_DONE, ACTION_SETTLE},
		[EVENT_RETRY] = {JOB_BACKOFF, ACTION_BACKOFF},
		[EVENT_GIVE_UP] = {JOB_FAILED, ACTION_FAIL},
	},
	[JOB_BACKOFF] = {
		[EVENT_START] = {JOB_WAITING, ACTION_NONE},
		[EVENT_TIMEOUT] = {JOB_WAITING, ACTION_NONE},
		[EVENT_STOP] = {JOB_STOPPED, ACTION_SETTLE},
	},
	[JOB_STOPPING] = {
		[EVENT_TIMEOUT] = {JOB_STOPPING, ACTION_ESCALATE},
		[EVENT_GONE] = {JOB_STOPPED, ACTION_SETTLE},
	},
	[JOB_FAILED] = {
		[EVENT_START] = {JOB_WAITING, ACTION_NONE},
		[EVENT_STOP] = {JOB_STOPPED, ACTION_SETTLE},
	},
};

const char *job_state_name(enum job_state state)
{
	static const char *const names[JOB_STATES] = {"stopped",  "waiting",  "starting", "ready",
						      "done",	  "skipped",  "cleaning", "backoff",
						      "stopping", "failed"};

	return names[state];
}

const char *job_state_public(enum job_state state)
{
	if (state == JOB_CLEANING)
		return "stopping";
	if (state == JOB_BACKOFF)
		return "waiting";
	return job_state_name(state);
}

const char *job_event_name(enum job_event event)
{
	static const char *const names[JOB_EVENTS] = {
		"start",    "cleared", "skip", "need failed", "ready", "exit",	 "timeout",
		"watchdog", "stop",    "gone", "succeeded",   "retry", "give up"};

	return names[event];
}

void machine_print(FILE *out)
{
	fputs("# The states of a unit\n\nPrinted by `kinc-init --states` from the table in "
	      "`init/machine.c`.\n\n```mermaid\nstateDiagram-v2\n    [*] --> stopped\n",
	      out);
	for (int from = 0; from < JOB_STATES; from++)
		for (int event = 0; event < JOB_EVENTS; event++)
			if (machine[from][event].action != ACTION_IGNORE)
				fprintf(out, "    %s --> %s: %s\n",
					job_state_name((enum job_state)from),
					job_state_name(machine[from][event].next),
					job_event_name((enum job_event)event));
	fputs("```\n", out);
}
