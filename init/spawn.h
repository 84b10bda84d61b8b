/* SPDX-License-Identifier: MIT */
#ifndef INIT_SPAWN_H
#define INIT_SPAWN_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "error.h"
#include "process_spec.h"
#include "template.h"

/*
 * A child to start. It either executes argv, or calls run() and ends with the
 * status that it returns. Descriptors of -1 mean: none.
 */
struct spawn {
	char *const *argv;
	char *const *environment;
	int (*run)(void *data, int report);
	bool (*needless)(void *data, int report); /* true: it ends with 0 at once; NULL: no */
	void *data; /* of these two */
	const char *directory; /* NULL: / */
	int output;	       /* becomes stdout, and stderr too without errors; -1: /dev/null */
	int errors;	       /* becomes stderr; 0: none of its own */
	int report;	       /* where the child tells what went wrong (report.h) */
	int cgroup;	       /* directory of the cgroup to start in */
	int ready_fd;	       /* becomes descriptor ready_number; 0: none */
	int ready_number;
	const struct rlimit *nofile;
	const struct process_spec *process; /* NULL: as PID 1 */
	const struct variables *variables;  /* with process: for its texts */
	int oom_score_adj; /* OOM_SCORE_UNSET: as inherited */
	const char *name;  /* shown by ps for children that run() */
	bool keep_descriptors; /* run() needs what PID 1 has open */
};

/* Returns the pid; *ret_pidfd is -EBADF where the kernel has none. */
pid_t spawn(const struct spawn *child, int *ret_pidfd, struct kinc_error *err);

#endif
