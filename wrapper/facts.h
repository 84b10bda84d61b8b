/* SPDX-License-Identifier: MIT */
#ifndef KINC_WRAPPER_FACTS_H
#define KINC_WRAPPER_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "error.h"

/*
 * What this kernel and this namespace allow, as far as the rules need it. The
 * rules see nothing else of the world, so that tests can make one up.
 */
enum controller {
	CONTROLLER_CPU = 1 << 0,
	CONTROLLER_CPUSET = 1 << 1,
	CONTROLLER_MEMORY = 1 << 2,
	CONTROLLER_PIDS = 1 << 3,
	CONTROLLER_IO = 1 << 4,
	CONTROLLER_HUGETLB = 1 << 5,
	CONTROLLER_RDMA = 1 << 6,
	CONTROLLER_MISC = 1 << 7,
	CONTROLLER_NETWORK = 1 << 8, /* net_cls and net_prio: cgroup v1 only */
};

struct id_range {
	uint32_t first, count;
};

#define ID_RANGES_MAX 340 /* user_namespaces(7): lines of a map */
struct id_map {
	struct id_range ranges[ID_RANGES_MAX];
	size_t count;
};

struct facts {
	bool initial_userns;   /* not in a user namespace: ids, devices are as on a host */
	int oom_score_adj_min; /* lowest value that can be set */
	uint64_t capabilities; /* permitted set, bit n is capability n */
	bool may_raise_limits; /* CAP_SYS_RESOURCE where it counts, in the initial namespace */
	rlim_t hard_limit[RLIMIT_NLIMITS];
	rlim_t nofile_max; /* fs.nr_open, above which nobody gets */
	struct id_map uids, gids;
	unsigned controllers; /* enum controller, those that limits can be set with */
	bool cgroup2;
	bool apparmor, selinux; /* the kernel has it and it is on */
	bool seccomp_receiver;	/* the caller's environment names one for all containers */
	/* stat(2) of a device node on this side: 0, or a negative errno. */
	int (*device)(const char *path, mode_t *ret_mode, dev_t *ret_number);
};

/* Reads them from the running system. */
int facts_gather(struct facts *facts, struct kinc_error *err);

/* Bit of a cgroup v2 controller's name of that length; 0 for one not known here. */
unsigned facts_controller(const char *name, size_t length);

bool id_map_has(const struct id_map *map, uint32_t id);

/* Parses the text of a uid_map or gid_map; lines that are none are left out. */
void id_map_parse(struct id_map *map, const char *text);

#endif
