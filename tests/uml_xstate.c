/* SPDX-License-Identifier: MIT */
/*
 * LD_PRELOAD for Debian's User-Mode Linux 6.1. Its buffer for a process's
 * extended registers ends with AVX-512, and PTRACE_SETREGSET refuses less than
 * the processor's whole state (kernel: xstateregs_set in
 * arch/x86/kernel/fpu/regset.c), so on one with AMX the first process of the
 * machine dies. What lies behind the buffer goes back here as it was.
 */
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define STATE_MAX 16384 /* 11008 with AMX */

typedef long (*ptrace_call)(int request, int pid, void *address, void *data);

long ptrace(enum __ptrace_request request, ...)
{
	static ptrace_call real;
	static _Alignas(64) char whole[STATE_MAX];
	va_list arguments;

	va_start(arguments, request);
	int pid = va_arg(arguments, int);
	void *address = va_arg(arguments, void *);
	void *data = va_arg(arguments, void *);
	va_end(arguments);
	if (!real) {
		void *found = dlsym(RTLD_NEXT, "ptrace");
		memcpy(&real, &found, sizeof(real));
	}
	if (request == PTRACE_SETREGSET && (unsigned long)address == NT_X86_XSTATE) {
		const struct iovec *part = data;
		struct iovec all = {whole, sizeof(whole)};
		if (real(PTRACE_GETREGSET, pid, address, &all) == 0 && part->iov_len < all.iov_len) {
			memcpy(whole, part->iov_base, part->iov_len);
			return real(request, pid, address, &all);
		}
	}
	return real(request, pid, address, data);
}
