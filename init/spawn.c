/* SPDX-License-Identifier: MIT */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capability.h"
#include "flight.h"
#include "io.h"
#include "process.h"
#include "report.h"
#include "unit.h"

static void signals_reset(void)
{
	sigset_t none;

	/* Ignored signals survive execve, and so does the mask. */
	for (int number = 1; number <= SIGRTMAX; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void streams_set(const struct spawn *child)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int output = child->output >= 0 ? child->output : null;

	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (output >= 0) {
		dup2(output, STDOUT_FILENO);
		dup2(child->errors > 0 ? child->errors : output, STDERR_FILENO);
	}
}

static void oom_score_set(const struct spawn *child)
{
	char text[16];
	struct kinc_error err;

	if (child->oom_score_adj == OOM_SCORE_UNSET)
		return;
	snprintf(text, sizeof(text), "%d", child->oom_score_adj);
	if (kinc_write_existing(AT_FDCWD, "/proc/self/oom_score_adj", text, &err) < 0)
		report_send(child->report, REPORT_NOTE,
			    "oom_score_adj stays as it was: the kernel refused %d",
			    child->oom_score_adj);
}

static void close_but(int kept)
{
	unsigned first = STDERR_FILENO + 1;

	if (kept > STDERR_FILENO + 1)
		close_range(first, (unsigned)kept - 1, 0);
	close_range(kept > STDERR_FILENO ? (unsigned)kept + 1 : first, ~0U, 0);
}

static int become(const struct spawn *child)
{
	if (child->needless && child->needless(child->data, child->report))
		return 0;
	if (child->run) {
		prctl(PR_SET_NAME, child->name);
		/* A copy of a client's socket here would keep the client waiting. */
		if (!child->keep_descriptors)
			close_but(child->report);
		return child->run(child->data, child->report);
	}
	const char *directory = child->directory ? child->directory : "/";
	if (chdir(directory) < 0) {
		report_send(child->report, REPORT_ERROR, "cannot enter %s: %s", directory,
			    strerror(errno));
		return 126;
	}
	/* The report is above any number that a unit may ask for. */
	if (child->ready_number > 0 &&
	    (child->ready_fd == child->ready_number
		     ? fcntl(child->ready_fd, F_SETFD, 0)
		     : dup2(child->ready_fd, child->ready_number)) < 0) {
		report_send(child->report, REPORT_ERROR, "cannot make descriptor %d: %s",
			    child->ready_number, strerror(errno));
		return 126;
	}
	char *const *environment = child->environment;
	struct kinc_error err;
	if (child->process &&
	    process_assume(child->process, child->variables, &environment, &err) < 0) {
		report_send(child->report, REPORT_ERROR, "%s", err.message);
		return 126;
	}
	execvpe(child->argv[0], child->argv, environment);
	report_send(child->report, REPORT_ERROR, "cannot execute %s: %s", child->argv[0],
		    strerror(errno));
	return 127;
}

static _Noreturn void child_main(const struct spawn *child, bool join)
{
	capability_raise_all();
	flight_forget();
	signals_reset();
	setsid();
	umask(022);
	if (join && kinc_write_existing(child->cgroup, "cgroup.procs", "0", NULL) < 0)
		report_send(child->report, REPORT_NOTE, "it runs outside its cgroup");
	streams_set(child);
	oom_score_set(child);
	if (child->nofile && setrlimit(RLIMIT_NOFILE, child->nofile) < 0)
		report_send(child->report, REPORT_NOTE, "open files stay limited as they were: %s",
			    strerror(errno));
	_exit(become(child));
}

static pid_t clone_child(int cgroup, int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};

	if (cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup;
	}
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

pid_t spawn(const struct spawn *child, int *ret_pidfd, struct kinc_error *err)
{
	int pidfd = -EBADF;
	bool join = false;
	pid_t pid = clone_child(child->cgroup, &pidfd);

	if (pid < 0 && child->cgroup >= 0 && errno != EAGAIN && errno != ENOMEM) {
		/* No right to it, or a kernel before 5.7: the child tries by itself. */
		join = true;
		pid = clone_child(-1, &pidfd);
	}
	if (pid < 0 && (errno == ENOSYS || errno == EPERM)) {
		/* A seccomp filter that does not know clone3. */
		pid = fork();
		if (pid > 0) {
			pidfd = pidfd_open(pid, 0);
			if (pidfd < 0)
				pidfd = -EBADF;
		}
	}
	if (pid == 0)
		child_main(child, join);
	if (pid < 0)
		return kinc_error_errno(err, errno, "cannot start a process");
	*ret_pidfd = pidfd;
	return pid;
}
