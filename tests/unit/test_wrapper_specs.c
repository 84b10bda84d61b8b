/* SPDX-License-Identifier: MIT */
/*
 * Specs that container managers wrote (tests/wrapper/specs), each with the
 * changes that one node makes of it, and on many random nodes.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io.h"
#include "tests/unit/wrapper_compare.h"
#include "tests/unit/wrapper_node.h"

#define SPECS "tests/wrapper/specs"

/* KINC_GOLDEN=write in the environment writes them, to be read before a commit. */
static void check_golden(const char *name, const char *found)
{
	const char *mode = getenv("KINC_GOLDEN");
	cleanup_free char *wanted = NULL;
	char path[512];

	snprintf(path, sizeof(path), SPECS "/%s.changes", name);
	if (mode && strcmp(mode, "write") == 0)
		assert_int_equal(kinc_write_file_atomic(path, found, strlen(found), 0644, NULL), 0);
	struct kinc_error err = {0};
	if (kinc_read_file(AT_FDCWD, path, KINC_SPAN_MAX_SIZE, &wanted, NULL, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(found, wanted);
}

static void test_captured(void **state)
{
	DIR *directory = opendir(SPECS);
	struct dirent *entry;
	unsigned count = 0, seed = 1;

	(void)state;
	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		const struct facts facts = container_facts();
		const char *dot = strrchr(entry->d_name, '.');
		cleanup_free char *text = NULL, *found = NULL;
		char name[256], path[512];
		size_t size;

		if (!dot || strcmp(dot, ".json") != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(dot - entry->d_name), entry->d_name);
		snprintf(path, sizeof(path), SPECS "/%s", entry->d_name);
		assert_int_equal(
			kinc_read_file(AT_FDCWD, path, KINC_SPAN_MAX_SIZE, &text, &size, NULL), 0);
		found = differences(name, text, size, &facts, true);
		assert_non_null(found);
		check_golden(name, found);
		for (int i = 0; i < 100; i++) {
			const struct facts any = random_facts(&seed);
			free(differences(name, text, size, &any, true));
		}
		count++;
	}
	closedir(directory);
	assert_true(count >= 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
