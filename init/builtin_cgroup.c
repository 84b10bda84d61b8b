/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "builtin.h"
#include "cgroup.h"
#include "cleanup.h"
#include "io.h"
#include "report.h"

#define EVACUATED CGROUP_ROOT "/init"
static const char mend[] = "start the container with podman run --systemd=always "
			   "--cgroupns=private, from a cgroup that the user owns "
			   "(systemd: Delegate=yes; kinc-launch doctor tells more)";

/*
 * Processes in an inner node forbid controllers below it. Whoever is forked
 * while this runs lands in the root again, hence the second look.
 */
static int evacuate(struct kinc_error *err)
{
	for (int attempt = 0; attempt < 1000; attempt++) {
		cleanup_free char *text = NULL;
		char *next;
		int result = kinc_read_file(AT_FDCWD, CGROUP_ROOT "/cgroup.procs", 1 << 20, &text,
					    NULL, err);
		if (result < 0)
			return result;
		bool any = false;
		for (char *line = text; *line; line = next) {
			next = strchrnul(line, '\n');
			if (*next)
				*next++ = '\0';
			/* 0: a process of an outer pid namespace, which is not ours to move. */
			if (strcmp(line, "0") == 0)
				continue;
			any = true;
			result = kinc_write_existing(AT_FDCWD, EVACUATED "/cgroup.procs", line,
						     err);
			if (result < 0 && err->code != ESRCH)
				return kinc_error_prefix(err, "moving processes to %s", EVACUATED);
		}
		if (!any)
			return 0;
		/* One that is just ending is listed, cannot be moved, and needs a moment. */
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	return kinc_error_set(err, EBUSY, "new processes keep appearing in the root cgroup");
}

static bool is_below(const char *path, const char *top)
{
	size_t length = strlen(top);

	return strncmp(path, top, length) == 0 && (path[length] == '/' || !path[length]);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	/* Units are being started beside this, each into a cgroup that is still empty. */
	if (type == FTW_DP && walk->level > 0 && !is_below(path, EVACUATED) &&
	    !is_below(path, CGROUP_UNITS))
		rmdir(path);
	return 0;
}

/*
 * A container that is started again may find the cgroups of the pods that it
 * had. The cAdvisor of kubelet 1.20 asks containerd for the task of each until
 * it gives up, twice 1.5 s, and no pod starts before it has been through them.
 */
static void remove_leftovers(void)
{
	nftw(CGROUP_ROOT, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* One by one: a write that names a missing controller fails as a whole. */
static void enable_all(const char *directory, char *refused, size_t size)
{
	char path[200], one[64];
	cleanup_free char *text = NULL;
	char *rest, *name;

	snprintf(path, sizeof(path), "%s/cgroup.controllers", directory);
	if (kinc_read_file(AT_FDCWD, path, 4096, &text, NULL, NULL) < 0)
		return;
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", directory);
	for (name = strtok_r(text, " \n", &rest); name; name = strtok_r(NULL, " \n", &rest)) {
		snprintf(one, sizeof(one), "+%s", name);
		if (kinc_write_existing(AT_FDCWD, path, one, NULL) == 0)
			continue;
		snprintf(refused + strlen(refused), size - strlen(refused), " %s", name);
	}
}

/* Tells which of the controllers that Kubernetes limits pods by are not there. */
static void report_missing(const struct builtin_context *context)
{
	static const char *const wanted[] = {"cpu", "memory", "pids"};
	cleanup_free char *text = NULL;
	char missing[64] = "", padded[4200] = " ";

	if (kinc_read_file(AT_FDCWD, CGROUP_ROOT "/cgroup.subtree_control", 4096, &text, NULL,
			   NULL) == 0) {
		text[strcspn(text, "\n")] = '\0';
		snprintf(padded, sizeof(padded), " %s ", text);
	}
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		char word[16];
		snprintf(word, sizeof(word), " %s ", wanted[i]);
		if (!strstr(padded, word))
			snprintf(missing + strlen(missing), sizeof(missing) - strlen(missing),
				 "%s%s", missing[0] ? ", " : "", wanted[i]);
	}
	/* The kubelet ends at once when it shall divide what is not there. */
	report_send(context->report, REPORT_VARIABLE, "ENFORCE_NODE_ALLOCATABLE=%s",
		    missing[0] ? "" : "pods");
	report_send(context->report, REPORT_VARIABLE, "CGROUPS_PER_QOS=%s",
		    missing[0] ? "false" : "true");
	if (missing[0])
		report_send(context->report, REPORT_WARNING,
			    "cgroup controllers not delegated: %s; the node runs, limits of that "
			    "kind do not hold. To mend it, delegate them to the user on the host "
			    "(systemd: Delegate=%s in user@.service)",
			    missing, "cpu cpuset io memory pids");
}

int builtin_cgroup(const struct unit *unit, const struct builtin_context *context,
		   struct kinc_error *err)
{
	char refused[256] = "";

	(void)unit;
	if (!cgroup_mounted())
		return kinc_error_set(err, ENOENT, "no cgroup v2 hierarchy at " CGROUP_ROOT ": %s",
				      mend);
	int result = kinc_make_directories(EVACUATED, 0755, err);
	if (result == 0)
		result = evacuate(err);
	if (result < 0) {
		struct kinc_error why = *err;
		return kinc_error_set(err, why.code, "cgroup v2 is not writable (%.200s): %s",
				      why.message, mend);
	}
	remove_leftovers();
	enable_all(CGROUP_ROOT, refused, sizeof(refused));
	if (refused[0])
		report_send(context->report, REPORT_NOTE, "refused:%s", refused);
	report_missing(context);
	return 0;
}
