/* SPDX-License-Identifier: MIT */
/*
 * Every allocation fails once: loading units, answering a client, starting a
 * process. What is asked for then fails with a reason, nothing is lost, and the
 * next try works. The linker puts these functions before those of libc.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/control_server.h"
#include "init/graph.h"
#include "init/manager.h"
#include "init/unit_load.h"

static long allocations, failing = -1; /* the one that fails; -1: none */
static bool failed;

static bool fails(void)
{
	if (failing < 0 || allocations++ != failing)
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

#define WRAP(type, name, parameters, arguments)                                                    \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		return fails() ? NULL : __real_##name arguments;                                   \
	}
WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, (void *old, size_t size), (old, size))
WRAP(char *, strdup, (const char *text), (text))
WRAP(FILE *, open_memstream, (char **text, size_t *size), (text, size))

/* vasprintf is what asprintf of each kind becomes. */
__attribute__((format(printf, 2, 0))) static int print(char **text, const char *format, va_list args)
{
	return fails() ? -1 : vasprintf(text, format, args);
}
int __wrap_asprintf(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int size = print(text, format, args);
	va_end(args);
	return size;
}
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
{
	va_list args;

	(void)flag;
	va_start(args, format);
	int size = print(text, format, args);
	va_end(args);
	return size;
}

/* Begins try n: false when the try before had no n-th allocation. */
static bool again(long n)
{
	if (n > 0 && !failed)
		return false;
	failing = n;
	allocations = 0;
	failed = false;
	return true;
}

static const struct {
	const char *name, *text;
} files[] = {
	{"all", "{\"type\":\"target\",\"requires\":[\"once\"],\"wants\":[\"t@x\",\"svc\"]}"},
	{"once", "{\"type\":\"oneshot\",\"exec\":[\"true\",\"{{NODE_NAME}}\"],"
		 "\"environment\":{\"A\":\"{{NODE_NAME}}\"},\"working_directory\":\"/{{NODE_NAME}}\","
		 "\"condition\":{\"path_exists\":[\"/\"],\"environment\":[\"PATH\"]}}"},
	{"t@", "{\"type\":\"oneshot\",\"exec\":[\"{{INSTANCE}}\"],\"after\":[\"once\"]}"},
	{"svc", "{\"type\":\"service\",\"exec\":[\"sleep\",\"9\"],\"ready\":[{\"tcp\":\"127.0.0.1:1\"},"
		"{\"exec\":[\"true\"]}],\"restart\":{\"limit\":3},\"conflicts\":[\"rival\"]}"},
	{"rival", "{\"type\":\"service\",\"exec\":[\"sleep\",\"9\"]}"},
};

static void load(struct unit_set *set, const struct variables *variables,
		 struct complaints *complaints)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		units_add(set, files[i].name, files[i].name, files[i].text, strlen(files[i].text),
			  variables, false, complaints);
	units_finish(set, complaints);
	graph_resolve(set, complaints);
}

static void units_are_loaded(void **state)
{
	struct variables variables = {0};
	long n;

	(void)state;
	variables_set(&variables, "NODE_NAME", ".", NULL);
	for (n = 0; again(n); n++) {
		struct unit_set set = {0};
		struct complaints complaints = {0};
		load(&set, &variables, &complaints);
		failing = -1;
		assert_int_equal(failed, complaints.count + complaints.lost > 0);
		units_free(&set);
		complaints_free(&complaints);
	}
	assert_true(n > 20);
	print_message("%ld allocations while loading\n", n - 1);
	variables_free(&variables);
}

static struct manager manager;

static int make_manager(void **state)
{
	struct complaints complaints = {0};

	(void)state;
	failing = -1;
	memset(&manager, 0, sizeof(manager));
	manager.logs.answers.fd = -EBADF;
	getrlimit(RLIMIT_NOFILE, &manager.nofile);
	variables_set(&manager.variables, "NODE_NAME", ".", NULL);
	load(&manager.units, &manager.variables, &complaints);
	units_forget_sources(&manager.units);
	assert_int_equal(loop_open(&manager.loop, NULL), 0);
	return manager_init(&manager, unit_find(&manager.units, "all"), NULL) +
	       (int)complaints.count;
}

static int free_manager(void **state)
{
	(void)state;
	failing = -1;
	loop_close(&manager.loop);
	manager_free(&manager);
	return 0;
}

static void clients_are_answered(void **state)
{
	static const char *const requests[] = {
		"{\"protocol\":1,\"command\":\"status\"}",
		"{\"protocol\":1,\"command\":\"start\",\"unit\":\"nobody\"}",
		"{\"protocol\":1,\"command\":\"nonsense\"}",
		"{\"protocol\":2}",
		"[",
	};
	cJSON_Hooks hooks = {__wrap_malloc, free};

	(void)state;
	cJSON_InitHooks(&hooks);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		long n;
		for (n = 0; again(n); n++) {
			bool watch = false, handed = false, closing = false;
			cJSON *answer = control_answer(&manager, requests[i], strlen(requests[i]),
						       -1, &watch, &handed, &closing);
			failing = -1;
			assert_true(answer || failed);
			cJSON_Delete(answer);
		}
		assert_true(n > 2);
	}
	cJSON_InitHooks(NULL);
}

/* Until the process has ended and the job has noticed. */
static void wait_for(struct job *job)
{
	siginfo_t info;

	while (job_is_active(job)) {
		assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
		children_reap(&manager.children);
		manager_settle(&manager);
	}
}

static void processes_are_started(void **state)
{
	struct job *job = &manager.jobs[unit_find(&manager.units, "once")->index];
	int out = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	long n, succeeded = 0;

	(void)state;
	/* Its cgroup would be one of this machine. */
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
	    mount("none", "/sys/fs/cgroup", "tmpfs", 0, NULL) < 0) {
		close(out);
		close(null);
		skip();
	}
	for (n = 0; again(n); n++) {
		dup2(null, STDOUT_FILENO);
		manager_start(&manager, job->unit);
		manager_settle(&manager);
		failing = -1;
		wait_for(job);
		dup2(out, STDOUT_FILENO);
		assert_true(job->state == JOB_DONE || failed);
		if (job->state == JOB_FAILED)
			assert_non_null(strstr(job->message, "memory"));
		succeeded += job->state == JOB_DONE;
		job_event(job, EVENT_STOP);
		manager_settle(&manager);
		assert_int_equal(job->state, JOB_STOPPED);
	}
	close(out);
	close(null);
	assert_true(n > 10 && succeeded > 0);
	print_message("%ld allocations while starting a process\n", n - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_are_loaded),
		cmocka_unit_test_setup_teardown(clients_are_answered, make_manager, free_manager),
		cmocka_unit_test_setup_teardown(processes_are_started, make_manager, free_manager),
	};

	return cmocka_run_group_tests_name("init memory", tests, NULL, NULL);
}
