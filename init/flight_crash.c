/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: what a signal handler may do is little, so the crash is
 * written into memory that is mapped already, and the backtrace is made
 * without libgcc: words on the stack that point behind a call instruction of
 * the program itself. Offsets are from the program's start, as addr2line(1)
 * takes them; the build id says of which program.
 */
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "flight.h"
#include "flight_record.h"

#define STACK_WORDS_MAX 8192

extern const char __executable_start, etext; /* of the linker */
extern void *__libc_stack_end;		    /* of glibc's loader */

static struct kinc_flight *volatile *record;

static uint64_t offset_of(uintptr_t address)
{
	return address >= (uintptr_t)&__executable_start && address < (uintptr_t)&etext
		       ? address - (uintptr_t)&__executable_start
		       : 0;
}

/* Does a call end here? The program's own text can be read; offset is beyond its first page. */
static bool follows_call(uintptr_t address)
{
	const unsigned char *code = (const unsigned char *)address;
#if defined(__x86_64__)
	static const int lengths[] = {2, 3, 4, 6, 7};

	if (code[-5] == 0xe8)
		return true;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		if (code[-lengths[i]] == 0xff && (code[1 - lengths[i]] >> 3 & 7) == 2)
			return true;
	return false;
#elif defined(__aarch64__)
	uint32_t call;

	memcpy(&call, code - 4, sizeof(call));
	return (call & 0xfc000000U) == 0x94000000U || (call & 0xfffffc1fU) == 0xd63f0000U;
#else
	(void)code;
	return true;
#endif
}

static void read_context(const ucontext_t *context, uintptr_t *ret_at, const uintptr_t **ret_stack)
{
#if defined(__x86_64__)
	*ret_at = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
	*ret_stack = (const uintptr_t *)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
	*ret_at = context->uc_mcontext.pc;
	*ret_stack = (const uintptr_t *)context->uc_mcontext.sp;
#else
	(void)context;
	*ret_at = 0;
	*ret_stack = __libc_stack_end;
#endif
}

static void write_down(struct kinc_flight *flight, const siginfo_t *info, const ucontext_t *context)
{
	struct kinc_flight_crash *crash = &flight->crash;
	struct timespec now;
	const uintptr_t *word, *stack_end = __libc_stack_end;
	uintptr_t at;

	crash->begin = 1;
	clock_gettime(CLOCK_REALTIME, &now);
	crash->time_ms = (uint64_t)now.tv_sec * 1000U + (uint64_t)now.tv_nsec / 1000000U;
	crash->signal = info->si_signo;
	crash->code = info->si_code;
	crash->address = info->si_code > 0 ? (uint64_t)(uintptr_t)info->si_addr : 0;
	read_context(context, &at, &word);
	crash->at = offset_of(at);
	/* A broken stack pointer: no frames, but the rest is there. */
	for (size_t i = 0; word < stack_end && i < STACK_WORDS_MAX &&
			   crash->frame_count < KINC_FLIGHT_FRAMES &&
			   stack_end - word < (1 << 20) / (int)sizeof(*word);
	     i++, word++) {
		uint64_t offset = offset_of(*word);
		if (offset > 4096 && follows_call(*word))
			crash->frames[crash->frame_count++] = offset;
	}
	crash->end = 1;
}

static void say(const char *text)
{
	ssize_t written = write(STDERR_FILENO, text, strlen(text));

	(void)written;
}

static void crashed(int number, siginfo_t *info, void *context)
{
	static volatile sig_atomic_t again;
	struct kinc_flight *flight = *record;
	uintptr_t at = (uintptr_t)info->si_addr, mapped = (uintptr_t)flight;

	/* kill(2) from inside the node: as every other signal, PID 1 ignores it. */
	if (info->si_code <= 0 && info->si_pid != 0 && info->si_pid != getpid())
		return;
	/* The disk refused a page of the record: it goes on in memory alone. */
	if (number == SIGBUS && info->si_code > 0 && flight && at >= mapped &&
	    at < mapped + sizeof(*flight) &&
	    mmap(flight, sizeof(*flight), PROT_READ | PROT_WRITE,
		 MAP_FIXED | MAP_SHARED | MAP_ANONYMOUS, -1, 0) == flight)
		return;
	if (again)
		_exit(KINC_EXIT_CRASH);
	again = 1;
	if (flight)
		write_down(flight, info, context);
	say("kinc-init: crashed by SIG");
	say(sigabbrev_np(number));
	say("; after the next start, kincctl flight --last tells where\n");
	_exit(KINC_EXIT_CRASH);
}

void crash_catch(struct kinc_flight *volatile *flight)
{
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	static char stack[32768];
	const stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {
		.sa_sigaction = crashed,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};
	sigset_t set;

	record = flight;
#if defined(__SANITIZE_ADDRESS__)
	return; /* its own handlers tell more */
#endif
	sigaltstack(&own, NULL);
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		sigaction(numbers[i], &action, NULL);
		sigaddset(&set, numbers[i]);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

struct wanted {
	char *text;
	unsigned long size;
};

/* The first object is the program itself. */
static int find_build_id(struct dl_phdr_info *object, size_t size, void *data)
{
	const struct wanted *wanted = data;

	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &object->dlpi_phdr[i];
		const char *at = (const char *)(object->dlpi_addr + header->p_vaddr);
		const char *end = at + header->p_memsz;
		while (header->p_type == PT_NOTE && end - at > (ptrdiff_t)sizeof(ElfW(Nhdr))) {
			ElfW(Nhdr) note;
			memcpy(&note, at, sizeof(note));
			const char *name = at + sizeof(note);
			const unsigned char *id =
				(const unsigned char *)name + ((note.n_namesz + 3U) & ~3U);
			if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4)
				for (size_t j = 0; j < note.n_descsz && 2 * j + 3 <= wanted->size; j++)
					snprintf(wanted->text + 2 * j, 3, "%02x", id[j]);
			at = (const char *)id + ((note.n_descsz + 3U) & ~3U);
		}
	}
	return 1;
}

void crash_build_id(char *text, unsigned long size)
{
	struct wanted wanted = {text, size};

	dl_iterate_phdr(find_build_id, &wanted);
}
