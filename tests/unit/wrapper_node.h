/* SPDX-License-Identifier: MIT */
#ifndef KINC_TESTS_WRAPPER_NODE_H
#define KINC_TESTS_WRAPPER_NODE_H

#include <errno.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "wrapper/facts.h"

static int fake_device(const char *path, mode_t *ret_mode, dev_t *ret_number)
{
	if (strcmp(path, "/dev/null") != 0)
		return -ENOENT;
	*ret_mode = S_IFCHR | 0666;
	*ret_number = makedev(1, 3);
	return 0;
}

/* A node that lacks something of everything. */
static inline struct facts node_facts(void)
{
	struct facts facts = {
		.oom_score_adj_min = 100,
		.capabilities = UINT64_C(1) << CAP_CHOWN | UINT64_C(1) << CAP_KILL,
		.nofile_max = 1048576,
		.uids = {{{0, 65536}}, 1},
		.gids = {{{0, 1000}, {5000, 10}}, 2},
		.controllers = CONTROLLER_MEMORY | CONTROLLER_CPU,
		.cgroup2 = true,
		.device = fake_device,
	};

	for (int i = 0; i < RLIMIT_NLIMITS; i++)
		facts.hard_limit[i] = RLIM_INFINITY;
	facts.hard_limit[RLIMIT_NOFILE] = 4096;
	return facts;
}

#endif
