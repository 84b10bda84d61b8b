/* SPDX-License-Identifier: MIT */
#ifndef INIT_BUILTIN_H
#define INIT_BUILTIN_H

#include "template.h"
#include "unit.h"

/*
 * What kinc-init does itself while the node boots. Each builtin runs in a
 * child process, so it may block and fail as it likes; it tells PID 1 what it
 * found by the report socket (report.h).
 */
struct builtin_context {
	const struct variables *variables;
	int report;
};

int builtin_run(const struct unit *unit, const struct builtin_context *context,
		struct kinc_error *err);

/* One function per kind, in builtin_*.c. */
int builtin_container(const struct unit *unit, const struct builtin_context *context,
		      struct kinc_error *err);
int builtin_mounts(const struct unit *unit, const struct builtin_context *context,
		   struct kinc_error *err);
int builtin_rshared(const struct unit *unit, const struct builtin_context *context,
		    struct kinc_error *err);
int builtin_cgroup(const struct unit *unit, const struct builtin_context *context,
		   struct kinc_error *err);
int builtin_ip_forward(const struct unit *unit, const struct builtin_context *context,
		       struct kinc_error *err);
int builtin_node_address(const struct unit *unit, const struct builtin_context *context,
			 struct kinc_error *err);
int builtin_machine_id(const struct unit *unit, const struct builtin_context *context,
		       struct kinc_error *err);
int builtin_oom_floor(const struct unit *unit, const struct builtin_context *context,
		      struct kinc_error *err);
int builtin_registries(const struct unit *unit, const struct builtin_context *context,
		       struct kinc_error *err);
int builtin_subnets(const struct unit *unit, const struct builtin_context *context,
		    struct kinc_error *err);
int builtin_render(const struct unit *unit, const struct builtin_context *context,
		   struct kinc_error *err);

#endif
