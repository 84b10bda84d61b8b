/* SPDX-License-Identifier: MIT */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

/* What end_of() and the functions below need; libc calls openat for open. */
static const char *const few[] = {"open",	"close",      "read",  "write", "fstat", "prctl",
				  "exit_group", "mmap",	      "brk",   "futex", "munmap", NULL};

/* How a child ends that enters the sandbox and then acts. */
static int end_of(const char *const *names, enum kinc_sandbox_answer answer, int (*act)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(kinc_sandbox_enter(names, answer, NULL) < 0 ? 99 : act());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int name_host(void)
{
	return sethostname("sandbox", 7) < 0 && errno == ENOSYS ? 7 : 8;
}

static int use_files(void)
{
	struct stat status;
	char bytes[4];
	int fd = open("/dev/zero", O_RDONLY);

	return fd >= 0 && fstat(fd, &status) == 0 && read(fd, bytes, 4) == 4 && close(fd) == 0
		       ? 0
		       : 1;
}

static int look_at_privileges(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 1;
}

static void a_call_off_the_list_ends_the_process(void **state)
{
	(void)state;
	int status = end_of(few, KINC_SANDBOX_KILL, name_host);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void or_is_as_in_an_older_kernel(void **state)
{
	(void)state;
	int status = end_of(few, KINC_SANDBOX_REFUSE, name_host);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

static void what_is_listed_works_by_whatever_name_libc_calls_it(void **state)
{
	(void)state;
	assert_int_equal(end_of(few, KINC_SANDBOX_KILL, use_files), 0);
}

static void no_new_privileges(void **state)
{
	(void)state;
	assert_int_equal(end_of(few, KINC_SANDBOX_KILL, look_at_privileges), 0);
}

static void a_name_that_no_kernel_has_is_an_error(void **state)
{
	static const char *const wrong[] = {"read", "opne", NULL};
	struct kinc_error err = {0};

	(void)state;
	assert_int_equal(kinc_sandbox_enter(wrong, KINC_SANDBOX_KILL, &err), -EINVAL);
	assert_string_equal(err.message, "libseccomp knows no system call \"opne\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_off_the_list_ends_the_process),
		cmocka_unit_test(or_is_as_in_an_older_kernel),
		cmocka_unit_test(what_is_listed_works_by_whatever_name_libc_calls_it),
		cmocka_unit_test(no_new_privileges),
		cmocka_unit_test(a_name_that_no_kernel_has_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
