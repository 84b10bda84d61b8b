/* SPDX-License-Identifier: MIT */
#ifndef INIT_IDENTITY_H
#define INIT_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"
#include "process_spec.h"

#define IDENTITY_GROUPS_MAX 256

/* User and groups of a process to be; what it does not change has no "has". */
struct identity {
	bool has_user, has_group, has_groups;
	uid_t uid;
	gid_t gid;
	gid_t groups[IDENTITY_GROUPS_MAX];
	size_t group_count;
	char name[256], home[4096], shell[4096]; /* of the user's entry; empty without one */
};

/*
 * Looks names up in /etc/passwd and /etc/group. NSS is not asked: its modules
 * would be loaded into a copy of PID 1.
 */
int identity_find(const struct process_spec *spec, struct identity *ret, struct kinc_error *err);

/* Becomes it. Permitted capabilities stay until execve. */
int identity_assume(const struct identity *identity, struct kinc_error *err);

/*
 * The environment with HOME, USER, LOGNAME and SHELL of the user, where it has
 * none: an array for execve, which is never freed.
 */
char *const *identity_environment(const struct identity *identity, char *const *environment);

#endif
