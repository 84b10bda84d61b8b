/* SPDX-License-Identifier: MIT */
#include "mend.h"

#include <stddef.h>
#include <string.h>

/* Sentences of the kernel's errno texts and of Kubernetes, in any case. */
static const struct {
	const char *tells, *mend;
} known[] = {
	{"no space left on device",
	 "the disk is full: `df -h ~/.local/share/containers`, then `podman system prune`"},
	{"disk quota exceeded",
	 "a quota, mostly that of keyrings: as root, `sysctl -w kernel.keys.maxkeys=2000 "
	 "kernel.keys.maxbytes=2000000`"},
	/* inotify_init answers EMFILE for want of instances, and blames files. */
	{"too many open files", "as root, `sysctl -w fs.inotify.max_user_instances=1024 "
				"fs.inotify.max_user_watches=524288`"},
	{"cannot allocate memory",
	 "the host is short of memory: `free -m` tells how much there is"},
	/* crun's words, of 1.21 and of 1.8, for a limit whose controller the user has not got. */
	{"is not available under",
	 "limits hold only where their cgroup controllers are delegated: `kinc-launch doctor`"},
	{"opening file `memory.max`",
	 "limits hold only where their cgroup controllers are delegated: `kinc-launch doctor`"},
	{"opening file `cpu.max`",
	 "limits hold only where their cgroup controllers are delegated: `kinc-launch doctor`"},
	{"address already in use",
	 "another program has the port: `kinc-launch list`, or choose with FORCE_PORT"},
	{"certificate has expired or is not yet valid",
	 "the clock jumped, or the cluster is over a year old: check `date`"},
};

const char *mend_of(const char *text)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcasestr(text, known[i].tells))
			return known[i].mend;
	return NULL;
}
