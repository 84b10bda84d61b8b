/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/json.h"

/* What is read is printed the same again, as the library would. */
static void prints(const char *text, const char *expected)
{
	cleanup_json cJSON *tree = cJSON_ParseWithLength(text, strlen(text));

	assert_non_null(tree);
	cleanup_free char *printed = cJSON_PrintUnformatted(tree);
	assert_string_equal(printed, expected);
}

static void round_trip(void **state)
{
	(void)state;
	prints("{}", "{}");
	prints(" [ ] ", "[]");
	prints("[1, -2.5, 1e3, 0.1, 12345678901, 1e300]", "[1,-2.5,1000,0.1,12345678901,1e+300]");
	prints("[true,false,null]", "[true,false,null]");
	prints("{\"a\":{\"b\":[\"c\",{}]},\"a\":2}", "{\"a\":{\"b\":[\"c\",{}]},\"a\":2}");
	prints("\"\\u00e9\\u0001\\n\\t\\\\\\\"/\"", "\"é\\u0001\\n\\t\\\\\\\"/\"");
	prints("[0.30000000000000004]", "[0.30000000000000004]");
}

static void refuses(void **state)
{
	static const char *const wrong[] = {"", "{", "[1,]", "{\"a\"}", "nul", "1 2", "\"\xff\"", "01"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_null(cJSON_ParseWithLength(wrong[i], strlen(wrong[i])));
	assert_null(cJSON_ParseWithLength(NULL, 0));
	assert_null(cJSON_PrintUnformatted(NULL));
}

static void members(void **state)
{
	static const char text[] = "{\"Unit\":1,\"unit\":\"a\",\"n\":99999999999,\"b\":true,\"o\":{}}";

	(void)state;
	cleanup_json cJSON *tree = cJSON_ParseWithLength(text, strlen(text));
	assert_string_equal(kinc_json_string(tree, "unit", "-"), "a");
	assert_string_equal(kinc_json_string(tree, "Unit", "-"), "-");
	assert_int_equal(kinc_json_int(tree, "n", 0), INT32_MAX);
	assert_true(kinc_json_bool(tree, "b", false));
	assert_true(cJSON_IsObject(kinc_json_get(tree, "o")));
	assert_null(kinc_json_get(tree, "missing"));
	assert_null(kinc_json_get(NULL, "unit"));
	assert_false(cJSON_IsString(NULL));
}

static void builds(void **state)
{
	const char *const words[] = {"x", "y"};

	(void)state;
	cleanup_json cJSON *tree = cJSON_CreateObject();
	cJSON_AddStringToObject(tree, "text", "t");
	cJSON_AddNumberToObject(tree, "number", -7);
	cJSON_AddItemToObject(tree, "words", cJSON_CreateStringArray(words, 2));
	cJSON *list = cJSON_AddArrayToObject(tree, "list");
	assert_true(cJSON_AddItemToArray(list, cJSON_CreateNull()));
	cJSON_AddTrueToObject(cJSON_AddObjectToObject(tree, "inner"), "yes");
	assert_null(cJSON_AddStringToObject(NULL, "text", "t"));
	assert_null(cJSON_AddStringToObject(tree, "text", NULL));
	cleanup_free char *printed = cJSON_Print(tree);
	assert_string_equal(printed, "{\n\t\"text\":\t\"t\",\n\t\"number\":\t-7,\n\t\"words\":\t[\"x\", \"y\"],\n"
				     "\t\"list\":\t[null],\n\t\"inner\":\t{\n\t\t\"yes\":\ttrue\n\t}\n}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(refuses),
		cmocka_unit_test(members),
		cmocka_unit_test(builds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
