/* SPDX-License-Identifier: MIT */
/* Who may speak for a unit, by the cgroup that /proc shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "init/sender.h"

static void the_cgroup_decides(void **state)
{
	(void)state;
	assert_true(sender_path_is_in_unit("0::/kinc/svc\n", "/", "svc"));
	assert_true(sender_path_is_in_unit("0::/kinc/svc/below\n", "/", "svc"));
	assert_true(sender_path_is_in_unit("5:pids:/a\n0::/kinc/svc\n", "/", "svc"));
	assert_true(sender_path_is_in_unit("0::/../top/kinc/svc\n", "/../top", "svc"));
	assert_false(sender_path_is_in_unit("0::/kinc/svc2\n", "/", "svc"));
	assert_false(sender_path_is_in_unit("0::/kinc/other/kinc/svc\n", "/", "svc"));
	assert_false(sender_path_is_in_unit("0::/init\n", "/", "svc"));
	assert_false(sender_path_is_in_unit("0::/kubepods/kinc/svc\n", "/", "svc"));
	assert_false(sender_path_is_in_unit("5:pids:/kinc/svc\n", "/", "svc"));
	assert_false(sender_path_is_in_unit("", "/", "svc"));
	assert_false(sender_is_in_unit(0, "svc"));
	assert_false(sender_is_in_unit(1 << 30, "svc"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_cgroup_decides)};

	return cmocka_run_group_tests_name("init notify", tests, NULL, NULL);
}
