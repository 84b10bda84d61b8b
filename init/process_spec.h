/* SPDX-License-Identifier: MIT */
#ifndef INIT_PROCESS_SPEC_H
#define INIT_PROCESS_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

/* Ends with a NULL that count does not count, so that items is an argv. */
struct strings {
	size_t count;
	char **items;
};

/* One of "limits", see setrlimit(2). */
struct rlimit_spec {
	struct rlimit_spec *next;
	int resource;
	rlim_t soft, hard;
	bool has_hard; /* else the hard one stays */
};

/* One of "resources": what is written to a file of the unit's cgroup. */
struct resource_spec {
	struct resource_spec *next;
	const char *key; /* as in the unit file */
	const char *file;
	char *value;
};

/* items NULL: not given. An empty bounding set is one, too. */
struct capability_spec {
	struct strings bounding, ambient;
};

/* As what the unit's programs run. Names are looked up when they start. */
struct process_spec {
	char *user, *group; /* a name or a number; NULL: as kinc-init */
	struct strings groups;
	int umask;
	bool no_new_privileges;
	struct capability_spec capabilities;
	char *seccomp; /* path of a profile; NULL: none */
	struct rlimit_spec *limits;
	struct resource_spec *resources;
};

#endif
