/* SPDX-License-Identifier: MIT */
#ifndef KINC_TESTS_WRAPPER_NODE_H
#define KINC_TESTS_WRAPPER_NODE_H

#include <errno.h>
#include <stdlib.h>
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

/* Podman's default capabilities and the three that kinc asks for. */
static inline struct facts container_facts(void)
{
	static const cap_value_t has[] = {
		CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FOWNER,    CAP_FSETID,	    CAP_KILL,
		CAP_SETGID,  CAP_SETUID,       CAP_SETPCAP,   CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
		CAP_SETFCAP, CAP_SYS_ADMIN,    CAP_NET_ADMIN, CAP_NET_RAW,
	};
	struct facts facts = node_facts();

	facts.capabilities = 0;
	for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++)
		facts.capabilities |= UINT64_C(1) << has[i];
	facts.gids = facts.uids;
	facts.controllers = CONTROLLER_MEMORY | CONTROLLER_PIDS;
	return facts;
}

static inline bool bit(unsigned *seed)
{
	return rand_r(seed) & 1;
}

static inline struct facts random_facts(unsigned *seed)
{
	struct facts facts = bit(seed) ? node_facts() : container_facts();

	facts.oom_score_adj_min = bit(seed) ? -1000 : rand_r(seed) % 1001;
	facts.capabilities =
		bit(seed) ? UINT64_MAX : (uint64_t)rand_r(seed) << 13 ^ (uint64_t)rand_r(seed);
	facts.controllers = (unsigned)rand_r(seed) & 0x1ff;
	facts.cgroup2 = bit(seed);
	facts.apparmor = bit(seed);
	facts.selinux = bit(seed);
	facts.initial_userns = bit(seed);
	facts.may_raise_limits = facts.initial_userns && bit(seed);
	facts.hard_limit[RLIMIT_NOFILE] = (rlim_t)rand_r(seed) % 70000;
	facts.hard_limit[RLIMIT_CORE] = bit(seed) ? 0 : RLIM_INFINITY;
	facts.seccomp_receiver = bit(seed);
	return facts;
}

#endif
