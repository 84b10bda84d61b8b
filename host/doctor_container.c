/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Inside of another container the node needs what that one may keep from
 * it: namespaces, a hostname, a new /proc and /sys. What podman would run into is tried in a
 * child. The mends are flags of the outer container, for nobody inside of it, not even its
 * root, can give what is missing.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "doctor.h"
#include "io.h"

/* In the order in which they are tried; also the child's exit status. */
enum attempt { ATTEMPT_NONE, ATTEMPT_NAMESPACES, ATTEMPT_HOSTNAME, ATTEMPT_PROC, ATTEMPT_SYS };

static const struct {
	const char *fails, *flag;
} attempts[] = {
	[ATTEMPT_NAMESPACES] = {"no namespaces", "--cap-add=SYS_ADMIN"},
	[ATTEMPT_HOSTNAME] = {"no hostname", "--cap-add=SYS_ADMIN"},
	[ATTEMPT_PROC] = {"no new /proc", "--security-opt=unmask=ALL"},
	[ATTEMPT_SYS] = {"no writable /sys", "--volume=/sys:/sys"},
};

/* In the first user namespace all ids are there, as themselves. */
static bool in_user_namespace(void)
{
	cleanup_free char *text = NULL;
	char *at = NULL;

	if (kinc_read_file(AT_FDCWD, "/proc/self/uid_map", 1 << 16, &text, NULL, NULL) < 0)
		return false;
	return strtoul(text, &at, 10) != 0 || strtoul(at, &at, 10) != 0 ||
	       strtoul(at, &at, 10) != UINT32_MAX;
}

bool doctor_in_container(void)
{
	bool marked = access("/run/.containerenv", F_OK) == 0 || access("/.dockerenv", F_OK) == 0;

	/* One whose root may do all is as good as a host. */
	return marked && (in_user_namespace() || prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 0);
}

static int wait_status(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return ATTEMPT_NAMESPACES;
	return WIFEXITED(status) ? WEXITSTATUS(status) : ATTEMPT_NAMESPACES;
}

static enum attempt mount_new(void)
{
	enum { FLAGS = MS_NOSUID | MS_NODEV | MS_NOEXEC };

	if (mount("proc", "/proc", "proc", FLAGS, NULL) < 0)
		return ATTEMPT_PROC;
	/* As a privileged pod gets it, kube-proxy's among them. */
	if (mount("sysfs", "/sys", "sysfs", FLAGS, NULL) < 0)
		return ATTEMPT_SYS;
	return ATTEMPT_NONE;
}

/* Which fails first. */
static enum attempt try_all(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWNET |
		    CLONE_NEWIPC | CLONE_NEWCGROUP) < 0)
		return ATTEMPT_NAMESPACES;
	if (sethostname("node", 4) < 0)
		return ATTEMPT_HOSTNAME;
	pid_t first = fork(); /* the first process of the new PID namespace, which /proc is of */
	if (first == 0)
		_exit(mount_new());
	return first < 0 ? ATTEMPT_NAMESPACES : (enum attempt)wait_status(first);
}

void doctor_container(struct finding *finding)
{
	finding_found(finding, "none around");
	if (!doctor_in_container())
		return;
	pid_t child = fork();
	if (child == 0)
		_exit(try_all());
	int failed = child < 0 ? ATTEMPT_NAMESPACES : wait_status(child);
	finding_found(finding, "one that is open enough");
	if (failed == ATTEMPT_NONE)
		return;
	if ((size_t)failed >= sizeof(attempts) / sizeof(*attempts))
		failed = ATTEMPT_NAMESPACES;
	finding_found(finding, "one that gives %s", attempts[failed].fails);
	finding_grade(finding, FINDING_MISSING, "make this container with `podman run %s`",
		      attempts[failed].flag);
}
