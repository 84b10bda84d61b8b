/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wrapper/invocation.h"

#define WORDS_MAX 32

/* Splits at spaces; the words are in the caller's buffer. */
static int split(char *line, char **words)
{
	int count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	words[count] = NULL;
	return count;
}

/* Parses the line and gives crun's command line with `--config X` put in. */
static struct invocation parse(const char *line, const char *wanted)
{
	static char buffer[512], built[512];
	static char runtime[] = "crun", option[] = "--config", file[] = "X";
	static char *words[WORDS_MAX];
	struct invocation invocation;
	char **arguments;

	strcpy(buffer, line);
	int count = split(buffer, words);
	invocation_parse(count, words, &invocation);
	if (wanted) {
		built[0] = '\0';
		assert_int_equal(invocation_build(&invocation, count, words, runtime, option, file,
						  &arguments, NULL),
				 0);
		for (char **word = arguments; *word; word++) {
			strcat(built, word == arguments ? "" : " ");
			strcat(built, *word);
		}
		free(arguments);
		assert_string_equal(built, wanted);
	}
	return invocation;
}

static void test_managers(void **state)
{
	struct invocation i;

	(void)state;
	i = parse("k --systemd-cgroup --root=/r create --bundle /b --pid-file /p --no-pivot id",
		  "crun --systemd-cgroup --root=/r create --bundle /b --pid-file /p --no-pivot "
		  "--config X id");
	assert_int_equal(i.call, CALL_CREATE);
	assert_string_equal(i.bundle, "/b");
	assert_string_equal(i.root, "/r");
	assert_string_equal(i.id, "id");
	i = parse(
		"k --root /r --log /l --log-format json create --bundle=/b --console-socket /c id",
		"crun --root /r --log /l --log-format json create --bundle=/b --console-socket /c "
		"--config X id");
	assert_string_equal(i.log, "/l");
	assert_string_equal(i.log_format, "json");
	assert_string_equal(i.bundle, "/b");
	i = parse("k run -d -b /b -f /c.json --preserve-fds=3 id",
		  "crun run -d -b /b -f /c.json --preserve-fds=3 --config X id");
	assert_int_equal(i.call, CALL_RUN);
	assert_string_equal(i.config, "/c.json");
	assert_int_equal(i.preserve_fds, 3);
	i = parse("k run -df/c.json -- -id", "crun run -df/c.json --config X -- -id");
	assert_string_equal(i.config, "/c.json");
	assert_string_equal(i.id, "-id");
	i = parse("k create --pid-file -- id", "crun create --pid-file -- --config X id");
	assert_string_equal(i.id, "id");
	i = parse("k create --bund /b id", "crun create --bund /b --config X id");
	assert_string_equal(i.bundle, "/b");
}

static void test_exec_and_delete(void **state)
{
	struct invocation i;

	(void)state;
	i = parse("k exec --pid-file P --process F --detach id", NULL);
	assert_int_equal(i.call, CALL_EXEC);
	assert_string_equal(i.process, "F");
	assert_string_equal(i.id, "id");
	i = parse("k exec -t -u 0 -eA=b id cmd --process no", NULL);
	assert_null(i.process);
	i = parse("k delete --force id", NULL);
	assert_int_equal(i.call, CALL_DELETE);
	assert_true(i.force);
	assert_true(parse("k delete -f id", NULL).force);
	assert_false(parse("k delete id", NULL).force);
}

static void test_none_of_our_business(void **state)
{
	static const char *const others[] = {
		"k",
		"k --version",
		"k --help",
		"k features",
		"k start id",
		"k state create",
		"k --root",
		"k --no-such create id",
		"k create",
		"k create --no-such id",
		"k create --bundle",
		"k delete --regex .*",
		"k exec",
		"k creat id",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(parse(others[i], NULL).call, CALL_OTHER);
}

static void test_ids(void **state)
{
	char longest[256];

	(void)state;
	assert_true(invocation_id_is_safe("0a_B.c+d-e"));
	assert_false(invocation_id_is_safe(""));
	assert_false(invocation_id_is_safe("."));
	assert_false(invocation_id_is_safe(".."));
	assert_false(invocation_id_is_safe(".hidden"));
	assert_false(invocation_id_is_safe("a/b"));
	assert_false(invocation_id_is_safe("../a"));
	assert_false(invocation_id_is_safe("a\nb"));
	memset(longest, 'a', sizeof(longest));
	longest[201] = '\0';
	assert_false(invocation_id_is_safe(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_managers),
		cmocka_unit_test(test_exec_and_delete),
		cmocka_unit_test(test_none_of_our_business),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
