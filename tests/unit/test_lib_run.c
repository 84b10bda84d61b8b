/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "run.h"

static int run(const char *script, size_t max, int timeout_ms, struct kinc_run_result *result)
{
	const char *const argv[] = {"bash", "-c", script, NULL};

	return kinc_run(argv, max, timeout_ms, result, NULL);
}

static void takes_output_and_status(void **state)
{
	struct kinc_run_result result;

	(void)state;
	assert_int_equal(run("printf hello; echo oops >&2; exit 3", 100, 5000, &result), 0);
	assert_int_equal(result.status, 3);
	assert_string_equal(result.output, "hello");
	assert_int_equal(result.output_size, 5);
	assert_string_equal(result.errors, "oops\n");
	kinc_run_result_release(&result);
	assert_int_equal(run("kill -TERM $$", 100, 5000, &result), 0);
	assert_int_equal(result.status, 128 + 15);
	assert_string_equal(result.output, "");
	kinc_run_result_release(&result);
}

static void is_bounded(void **state)
{
	struct kinc_run_result result;

	(void)state;
	assert_int_equal(run("yes", 100000, 5000, &result), -EFBIG);
	assert_int_equal(run("sleep 20 & sleep 20", 100, 200, &result), -ETIMEDOUT);
	/* Of stderr the end is kept, as that is where the reason is. */
	assert_int_equal(run("seq 1 20000 >&2", 100, 5000, &result), 0);
	assert_true(strlen(result.errors) < 20000);
	assert_non_null(strstr(result.errors, "\n20000\n"));
	kinc_run_result_release(&result);
}

static void reads_what_it_is_given(void **state)
{
	const char *const argv[] = {"cat", NULL};
	struct kinc_run_result result;
	int input[2];

	(void)state;
	assert_int_equal(pipe(input), 0);
	assert_int_equal(write(input[1], "hello", 5), 5);
	close(input[1]);
	assert_int_equal(kinc_run_from(input[0], argv, 100, 5000, &result, NULL), 0);
	assert_string_equal(result.output, "hello");
	kinc_run_result_release(&result);
	assert_int_equal(close(input[0]), 0);
}

static void knows_what_is_missing(void **state)
{
	const char *const argv[] = {"/nonexistent/program", NULL};
	struct kinc_run_result result;

	(void)state;
	assert_int_equal(kinc_run(argv, 100, 1000, &result, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_output_and_status),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(reads_what_it_is_given),
		cmocka_unit_test(knows_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
