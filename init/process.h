/* SPDX-License-Identifier: MIT */
#ifndef INIT_PROCESS_H
#define INIT_PROCESS_H

#include "error.h"
#include "process_spec.h"
#include "template.h"

/*
 * In the child, last before it executes: takes limits, groups, user,
 * capabilities, no_new_privs and the seccomp profile, in the one order in
 * which each still has the right to do its part. *environment is exchanged when
 * the user has a home. An error means that the program must not run.
 */
int process_assume(const struct process_spec *spec, const struct variables *variables,
		   char *const **environment, struct kinc_error *err);

#endif
