/* SPDX-License-Identifier: MIT */
/*
 * What a node needs of the container it runs in, looked at all at once, so that
 * who types a `podman run` by hand learns every missing flag from one try. Only
 * what is needed is asked for; what can be had without a flag is done.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "builtin.h"
#include "capability.h"
#include "cgroup.h"
#include "cleanup.h"
#include "io.h"
#include "report.h"

#define MOUNTINFO_MAX ((size_t)4 << 20)

static const char var_flag[] = "--volume=kinc-var-data:/var:suid,exec,dev";

/* Flags that are missing, in a row; each with its reason goes to stdout, one a line. */
struct missing {
	char flags[400];
	int report;
};

static void explain(const char *flag, const char *why)
{
	printf("%-42s %s\n", flag, why);
}

static void missing_add(struct missing *missing, const char *flag)
{
	size_t used = strlen(missing->flags);

	snprintf(missing->flags + used, sizeof(missing->flags) - used, "%s%s", used ? " " : "",
		 flag);
}

static void check_capabilities(struct missing *missing)
{
	static const struct {
		cap_value_t value;
		const char *name, *why;
	} needed[] = {
		{CAP_SYS_ADMIN, "SYS_ADMIN", "mounts, control groups, namespaces of pods"},
		{CAP_SYS_PTRACE, "SYS_PTRACE", "pods whose sandbox is another user's"},
		{CAP_NET_ADMIN, "NET_ADMIN", "the pod network"},
		{CAP_NET_RAW, "NET_RAW", "iptables"},
	};
	char all[100] = "", flag[40];

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (capability_permitted(needed[i].value))
			continue;
		snprintf(flag, sizeof(flag), "--cap-add=%s", needed[i].name);
		explain(flag, needed[i].why);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
			 all[0] ? "," : "--cap-add=", needed[i].name);
	}
	if (all[0])
		missing_add(missing, all);
}

/* Is anything mounted below that directory? Of mountinfo the fifth word counts. */
static bool covered(const char *mountinfo, const char *directory)
{
	char point[256];

	for (const char *line = mountinfo; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (sscanf(line, "%*s %*s %*s %*s %255s", point) == 1 &&
		    strncmp(point, directory, strlen(directory)) == 0)
			return true;
	return false;
}

/*
 * Podman covers parts of /proc, and the kernel allows a new /proc in a user
 * namespace only where one is visible in full.
 */
static void check_proc(struct missing *missing)
{
	cleanup_free char *text = NULL;

	if (kinc_read_file(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, NULL, NULL) < 0 ||
	    !covered(text, "/proc/"))
		return;
	explain("--security-opt=unmask=ALL", "parts of /proc are covered: no pod gets one then");
	missing_add(missing, "--security-opt=unmask=ALL");
}

/* That there is none at all is the host's affair: the builtin cgroup tells. */
static void check_cgroup(struct missing *missing)
{
	cleanup_free char *text = NULL, *pids = NULL;
	struct statvfs status;

	if (!cgroup_mounted())
		return;
	if (statvfs(CGROUP_ROOT, &status) == 0 && (status.f_flag & ST_RDONLY)) {
		explain("--systemd=always", CGROUP_ROOT " is read-only");
		missing_add(missing, "--systemd=always");
	}
	if (kinc_read_file(AT_FDCWD, "/proc/self/cgroup", 65536, &text, NULL, NULL) == 0) {
		/* Of a hierarchy that is beside version 1 it is one line of many. */
		const char *own = strstr(text, "0::/");
		if (own && strncmp(own, "0::/..", 6) != 0 && own[4] != '\n' &&
		    strncmp(own, "0::/init\n", 9) != 0 && strncmp(own, "0::/kinc/", 9) != 0) {
			explain("--cgroupns=private", "control groups of the whole host are seen");
			missing_add(missing, "--cgroupns=private");
		}
	}
	if (kinc_read_file(AT_FDCWD, CGROUP_ROOT "/pids.max", 64, &pids, NULL, NULL) == 0 &&
	    strcmp(pids, "max\n") != 0) {
		pids[strcspn(pids, "\n")] = '\0';
		report_send(missing->report, REPORT_WARNING,
			    "the whole node may have %s processes and threads; podman run "
			    "--pids-limit=-1 lifts that",
			    pids);
	}
}

/* An overlay cannot stand on another one's upper layer, nor etcd's data outlive it. */
static void check_var(struct missing *missing)
{
	static const unsigned long unwanted = ST_NOSUID | ST_NODEV | ST_NOEXEC;
	struct statfs system;
	struct statvfs status;

	if (statfs("/var", &system) < 0 || statvfs("/var", &status) < 0)
		return;
	if (system.f_type == OVERLAYFS_SUPER_MAGIC) {
		explain(var_flag, "containers cannot stand on the container's own root");
		missing_add(missing, var_flag);
		return;
	}
	/* Podman mounts volumes that nobody named like this; programs of pods live there. */
	if ((status.f_flag & unwanted) && capability_permitted(CAP_SYS_ADMIN) &&
	    mount(NULL, "/var", NULL,
		  MS_REMOUNT | MS_BIND | (status.f_flag & ST_NOATIME ? MS_NOATIME : 0) |
			  (status.f_flag & ST_RELATIME ? MS_RELATIME : 0),
		  NULL) < 0)
		report_send(missing->report, REPORT_WARNING,
			    "/var is mounted nosuid, nodev or noexec (%s): give it as %s",
			    strerror(errno), var_flag);
}

int builtin_container(const struct unit *unit, const struct builtin_context *context,
		      struct kinc_error *err)
{
	struct missing missing = {.report = context->report};

	(void)unit;
	check_capabilities(&missing);
	check_proc(&missing);
	check_cgroup(&missing);
	check_var(&missing);
	fflush(stdout);
	if (!missing.flags[0])
		return 0;
	return kinc_error_set(err, EPERM,
			      "this container cannot be a node; add to podman run:  %s",
			      missing.flags);
}
