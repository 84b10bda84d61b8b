/* SPDX-License-Identifier: MIT */
#ifndef KINC_WRAPPER_INVOCATION_H
#define KINC_WRAPPER_INVOCATION_H

#include <stdbool.h>

#include "error.h"

/*
 * A command line as crun reads it: its global options, the command, the
 * command's options, the container's id. Everything points into argv.
 */
enum call {
	CALL_OTHER, /* another command, or nothing that crun would take: its business */
	CALL_CREATE,
	CALL_RUN,
	CALL_EXEC,
	CALL_DELETE,
};

struct invocation {
	enum call call;
	const char *log, *log_format, *root; /* global options, NULL when not given */
	const char *bundle;		     /* create, run; NULL when not given */
	const char *config;		     /* create, run; NULL when not given */
	const char *process;		     /* exec; NULL when not given */
	bool force;			     /* delete */
	int preserve_fds;
	const char *id;
	int insert_at; /* index in argv where a further option of the command may stand */
};

/* Never fails: what it does not understand is CALL_OTHER. */
void invocation_parse(int argc, char **argv, struct invocation *ret_invocation);

/*
 * May the id be part of a path? crun refuses those that may not, so that there
 * is nothing to do but to leave them alone.
 */
bool invocation_id_is_safe(const char *id);

/*
 * argv for crun: runtime in place of argv[0], and `option file` put in at
 * insert_at, where the last one given counts. The array is the caller's to
 * free, its strings are not.
 */
int invocation_build(const struct invocation *invocation, int argc, char **argv, char *runtime,
		     char *option, char *file, char ***ret_argv, struct kinc_error *err);

#endif
