/* SPDX-License-Identifier: MIT */
#ifndef KINC_SANDBOX_H
#define KINC_SANDBOX_H

#include "error.h"

/* What a system call that is not on the list meets. */
enum kinc_sandbox_answer {
	KINC_SANDBOX_KILL,   /* the process ends by SIGSYS: for what can be run again */
	KINC_SANDBOX_REFUSE, /* ENOSYS, as from an older kernel: for what must clean up or go on */
};

/*
 * Gives the process no_new_privs and a filter that lets pass only the named
 * system calls (a NULL ends the list), what any C program needs, and the
 * relatives by which libc may call the same thing (open: openat). Neither can be
 * taken back; both are inherited, also over execve. Call it before threads are
 * made. The list is made from "#syscalls" notes beside the code that needs
 * them, see docs/sandbox.md.
 */
int kinc_sandbox_enter(const char *const *names, enum kinc_sandbox_answer answer,
		       struct kinc_error *err);

#endif
