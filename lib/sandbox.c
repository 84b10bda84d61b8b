/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>

/*
 * What libc needs between main() and the end, whatever the program does. With
 * no vDSO (User-Mode Linux) the clocks are system calls.
 *
 * #syscalls read write writev close lseek fstat brk mmap munmap mremap mprotect madvise
 * #syscalls rt_sigaction rt_sigprocmask rt_sigreturn sigreturn restart_syscall
 * #syscalls clock_gettime gettimeofday time getrandom futex
 * #syscalls getpid gettid tgkill exit exit_group
 */

/*
 * libc's function is one thing, the call that it makes depends on its version
 * and on the architecture: arm64 has no open, poll, epoll_wait or fork. A note
 * names any of a row and gets all of it.
 */
static const char *const relatives[][6] = {
	{"open", "openat"},
	{"stat", "lstat", "fstat", "newfstatat", "fstatat64", "statx"},
	{"access", "faccessat", "faccessat2"},
	{"poll", "ppoll", "ppoll_time64"},
	{"epoll_wait", "epoll_pwait", "epoll_pwait2"},
	{"epoll_create", "epoll_create1"},
	{"pipe", "pipe2"},
	{"dup2", "dup3"},
	{"fork", "clone", "clone3"},
	{"unlink", "unlinkat", "rmdir"},
	{"rename", "renameat", "renameat2"},
	{"mkdir", "mkdirat"},
	{"symlink", "symlinkat"},
	{"readlink", "readlinkat"},
	{"chmod", "fchmodat", "fchmodat2"},
	{"chown", "lchown", "fchownat"},
	{"getdents", "getdents64"},
	{"wait4", "waitpid", "waitid"},
	{"fcntl", "fcntl64"},
	{"getrlimit", "setrlimit", "prlimit64"},
	{"mmap", "mmap2"},
	{"clock_gettime", "clock_gettime64"},
	{"futex", "futex_time64"},
	{"lseek", "_llseek"},
	{"accept", "accept4"},
	{"send", "sendto", "sendmsg", "sendmmsg"},
	{"recv", "recvfrom", "recvmsg", "recvmmsg"},
	{"timerfd_settime", "timerfd_settime64"},
	{"nanosleep", "clock_nanosleep", "clock_nanosleep_time64"},
};

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(SANITIZED)
/* The reports, and LeakSanitizer, which stops the process from a clone of it. */
static const char *const sanitizer_calls[] = {
	"sigaltstack",	 "sched_yield",	     "sched_getaffinity", "getrlimit", "open",
	"readlink",	 "stat",	     "getdents",	  "access",    "fork",
	"ptrace",	 "wait4",	     "prctl",		  "kill",      "pipe",
	"getppid",	 "getuid",	     "ioctl",		  "nanosleep", "dup2",
	"set_robust_list", "process_vm_readv", "personality",	  "rseq",      NULL};
#else
static const char *const sanitizer_calls[] = {NULL};
#endif

static int allow(scmp_filter_ctx filter, const char *name, struct kinc_error *err)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR)
		return kinc_error_set(err, EINVAL, "libseccomp knows no system call \"%s\"", name);
	/* Below zero: other architectures have it. */
	int result = number < 0 ? 0 : seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	return result < 0 ? kinc_error_errno(err, -result, "cannot allow %s", name) : 0;
}

static const char *const *relatives_of(const char *name)
{
	const size_t room = sizeof(relatives[0]) / sizeof(relatives[0][0]);

	for (size_t i = 0; i < sizeof(relatives) / sizeof(relatives[0]); i++)
		for (size_t j = 0; j < room && relatives[i][j]; j++)
			if (strcmp(relatives[i][j], name) == 0)
				return relatives[i];
	return NULL;
}

static int allow_all(scmp_filter_ctx filter, const char *const *names, struct kinc_error *err)
{
	const size_t room = sizeof(relatives[0]) / sizeof(relatives[0][0]);

	for (; *names; names++) {
		const char *const *row = relatives_of(*names);
		int result = row ? 0 : allow(filter, *names, err);
		/* A relative may be younger than this libseccomp. */
		for (size_t i = 0; row && i < room && row[i]; i++)
			if (seccomp_syscall_resolve_name(row[i]) != __NR_SCMP_ERROR && result == 0)
				result = allow(filter, row[i], err);
		if (result < 0)
			return result;
	}
	return 0;
}

int kinc_sandbox_enter(const char *const *names, enum kinc_sandbox_answer answer,
		       struct kinc_error *err)
{
	scmp_filter_ctx filter = seccomp_init(
		answer == KINC_SANDBOX_KILL ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(ENOSYS));

	if (!filter)
		return kinc_error_errno(err, ENOMEM, "cannot make a filter of system calls");
	int result = allow_all(filter, names, err);
	if (result == 0)
		result = allow_all(filter, sanitizer_calls, err);
	if (result == 0) {
		/* It sets no_new_privs too, see SCMP_FLTATR_CTL_NNP. */
		result = seccomp_load(filter);
		if (result < 0)
			kinc_error_errno(err, -result, "cannot load the filter of system calls");
	}
	seccomp_release(filter);
	return result;
}
