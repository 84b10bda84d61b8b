/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_span.h"

static int scan(const char *text, struct kinc_span_doc *doc, struct kinc_error *err)
{
	return kinc_span_parse("file", text, strlen(text), doc, err);
}

static void test_accepts_json(void **state)
{
	static const char *const good[] = {
		"0",
		" -0 ",
		"1.5e-3",
		"1E+2",
		"\"\"",
		"null",
		"true",
		"false",
		"[]",
		"{}",
		"[ ]",
		"{ }",
		"[1,2]",
		"[[],{}]",
		"{\"a\":{\"a\":1},\"b\":[null]}",
		"\"\\u0000\\ud800\\n\\/\"",
		"\"\xf4\x8f\xbf\xbf \xed\x9f\xbf\"",
		"\r\n\t [1 , 2\n]",
		"18446744073709551616",
		"{\"a\":1,\"a\":2}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct kinc_span_doc doc;
		struct kinc_error err = {0};
		if (scan(good[i], &doc, &err) < 0)
			fail_msg("%s: %s", good[i], err.message);
		kinc_span_release(&doc);
	}
}

static void test_refuses_what_is_none(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{"", "file:1:1: the text ends where a value is expected"},
		{"[1,]", "file:1:4: a value is expected here"},
		{"{\"a\":1,}", "file:1:8: a member's name in quotes is expected here"},
		{"{\"a\"\n 1}", "file:2:2: ':' is expected here"},
		{"[1 2]", "file:1:4: ',' or ']' is expected here"},
		{"{\"a\":1]", "file:1:7: ',' or '}' is expected here"},
		{"[1}", "file:1:3: ',' or ']' is expected here"},
		{"01", "file:1:2: a number may not begin with 0"},
		{"-", "file:1:2: a digit is missing in a number"},
		{"1.", "file:1:3: a digit is missing in a number"},
		{"1e", "file:1:3: a digit is missing in a number"},
		{"+1", "file:1:1: a value is expected here"},
		{".5", "file:1:1: a value is expected here"},
		{"NaN", "file:1:1: a value is expected here"},
		{"nul", "file:1:4: a value is expected here"},
		{"\"a", "file:1:3: the text ends within a string"},
		{"\"\t\"", "file:1:2: control character in a string"},
		{"\"\\x\"", "file:1:3: invalid escape in a string"},
		{"\"\\u12g4\"", "file:1:6: \\u needs four hexadecimal digits"},
		{"\"\xff\"", "file:1:2: invalid UTF-8 in a string"},
		{"\"\xc0\xaf\"", "file:1:2: invalid UTF-8 in a string"},
		{"\"\xed\xa0\x80\"", "file:1:2: invalid UTF-8 in a string"},
		{"\"\xf4\x90\x80\x80\"", "file:1:2: invalid UTF-8 in a string"},
		{"\"\xc3\xa4\" x", "file:1:5: the text goes on after its value"},
		{"{} {}", "file:1:4: the text goes on after its value"},
		{"\xef\xbb\xbf{}", "file:1:1: a value is expected here"},
		{"[1] // no", "file:1:5: the text goes on after its value"},
		{"{a:1}", "file:1:2: a member's name in quotes is expected here"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kinc_span_doc doc = {0};
		struct kinc_error err = {0};
		assert_int_equal(scan(bad[i].text, &doc, &err), -EINVAL);
		assert_string_equal(err.message, bad[i].message);
	}
	struct kinc_span_doc doc;
	assert_int_equal(kinc_span_parse("file", "\"a\0b\"", 5, &doc, NULL), -EINVAL);
}

static void test_limits(void **state)
{
	struct kinc_span_doc doc = {0};
	struct kinc_error err = {0};
	char nested[2 * KINC_SPAN_MAX_DEPTH + 3];
	uint32_t depth = KINC_SPAN_MAX_DEPTH;

	(void)state;
	memset(nested, '[', depth);
	memset(nested + depth, ']', depth);
	assert_int_equal(kinc_span_parse("file", nested, (size_t)2 * depth, &doc, &err), 0);
	kinc_span_release(&doc);
	memset(nested, '[', depth + 1);
	assert_int_equal(kinc_span_parse("file", nested, depth + 1, &doc, &err), -EFBIG);
	assert_string_equal(err.message, "file:1:129: nested too deeply");

	char *large = malloc(KINC_SPAN_MAX_SIZE + 1);
	assert_non_null(large);
	memset(large, ' ', KINC_SPAN_MAX_SIZE + 1);
	large[0] = '1';
	assert_int_equal(kinc_span_parse("file", large, KINC_SPAN_MAX_SIZE, &doc, &err), 0);
	kinc_span_release(&doc);
	assert_int_equal(kinc_span_parse("file", large, KINC_SPAN_MAX_SIZE + 1, &doc, &err),
			 -EFBIG);

	large[0] = '[';
	for (uint32_t i = 1; i < KINC_SPAN_MAX_SIZE; i += 2) {
		large[i] = '1';
		large[i + 1] = ',';
	}
	assert_int_equal(kinc_span_parse("file", large, KINC_SPAN_MAX_SIZE, &doc, &err), -EFBIG);
	free(large);
}

static void test_ranges_and_links(void **state)
{
	static const char text[] = " {\"a\" : [1, {\"b\":\"x\"}], \"c\": null }";
	struct kinc_span_doc doc;

	(void)state;
	assert_int_equal(scan(text, &doc, NULL), 0);
	assert_int_equal(doc.count, 6);
	assert_int_equal(doc.nodes[0].start, 1);
	assert_int_equal(doc.nodes[0].end, sizeof(text) - 1);
	uint32_t a = kinc_span_member(&doc, 0, "a");
	assert_int_equal(doc.nodes[a].type, KINC_SPAN_ARRAY);
	assert_int_equal(kinc_span_length(&doc, a), 2);
	assert_memory_equal(text + doc.nodes[a].start, "[1, {\"b\":\"x\"}]", 14);
	assert_int_equal(doc.nodes[a].end - doc.nodes[a].start, 14);
	assert_memory_equal(text + doc.nodes[a].key_start, "\"a\"", 3);
	uint32_t c = kinc_span_member(&doc, 0, "c");
	assert_int_equal(doc.nodes[a].next, c);
	assert_int_equal(doc.nodes[c].next, KINC_SPAN_NONE);
	assert_int_equal(doc.nodes[c].parent, 0);
	assert_int_equal(kinc_span_member(&doc, 0, "b"), KINC_SPAN_NONE);
	assert_int_equal(kinc_span_member(&doc, c, "b"), KINC_SPAN_NONE);
	assert_int_equal(kinc_span_member(&doc, KINC_SPAN_NONE, "b"), KINC_SPAN_NONE);
	kinc_span_release(&doc);
}

static void test_names_and_duplicates(void **state)
{
	struct kinc_span_doc doc;
	struct kinc_error err = {0};
	uint32_t node;

	(void)state;
	assert_int_equal(
		scan("{\"b\":0,\n \"\\u0061\":1,\n  \"a\\u0000z\":2, \"A\":3}", &doc, &err), 0);
	assert_int_equal(kinc_span_member(&doc, 0, "a"), 2);
	assert_int_equal(kinc_span_member(&doc, 0, "A"), 4);
	assert_int_equal(kinc_span_member_once(&doc, 0, "b", &node, &err), 0);
	assert_int_equal(node, 1);
	assert_int_equal(kinc_span_member_once(&doc, 0, "a", &node, &err), -EINVAL);
	assert_string_equal(err.message, "file:3:3: \"a\" is given twice in one object");
	assert_int_equal(kinc_span_duplicate(&doc, 0), 3);
	kinc_span_release(&doc);
}

static void test_strings(void **state)
{
	struct kinc_span_doc doc;
	char *text;
	size_t length;

	(void)state;
	assert_int_equal(
		scan("\"a\\n\\\"\\u00e4\\u20ac\\ud83d\\ude00\\udc00\\u0000b\"", &doc, NULL), 0);
	assert_int_equal(kinc_span_string(&doc, 0, &text, &length, NULL), 0);
	static const char wanted[] = "a\n\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd\0b";
	assert_int_equal(length, sizeof(wanted) - 1);
	assert_memory_equal(text, wanted, sizeof(wanted));
	free(text);
	assert_true(kinc_span_string_is(&doc, 0,
					"a\n\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd"));
	assert_false(kinc_span_string_is(&doc, 0, "a\n"));
	assert_false(kinc_span_string_is(&doc, 0, "a\n\"\xc3"));
	assert_int_equal(kinc_span_key(&doc, 0, &text, NULL, NULL), -EINVAL);
	kinc_span_release(&doc);
}

static void test_integers(void **state)
{
	static const struct {
		const char *text;
		int signed_result;
		int64_t signed_value;
		int unsigned_result;
		uint64_t unsigned_value;
	} cases[] = {
		{"9223372036854775807", 0, INT64_MAX, 0, INT64_MAX},
		{"9223372036854775808", -ERANGE, 0, 0, UINT64_C(9223372036854775808)},
		{"-9223372036854775808", 0, INT64_MIN, -ERANGE, 0},
		{"-9223372036854775809", -ERANGE, 0, -ERANGE, 0},
		{"18446744073709551615", -ERANGE, 0, 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0, -ERANGE, 0},
		{"99999999999999999999", -ERANGE, 0, -ERANGE, 0},
		{"-0", 0, 0, 0, 0},
		{"-5", 0, -5, -ERANGE, 0},
		{"1.0", -EINVAL, 0, -EINVAL, 0},
		{"1e3", -EINVAL, 0, -EINVAL, 0},
		{"\"1\"", -EINVAL, 0, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kinc_span_doc doc;
		int64_t value = 0;
		uint64_t positive = 0;
		assert_int_equal(scan(cases[i].text, &doc, NULL), 0);
		assert_int_equal(kinc_span_int64(&doc, 0, &value, NULL), cases[i].signed_result);
		assert_true(value == cases[i].signed_value);
		assert_int_equal(kinc_span_uint64(&doc, 0, &positive, NULL),
				 cases[i].unsigned_result);
		assert_true(positive == cases[i].unsigned_value);
		kinc_span_release(&doc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts_json),
		cmocka_unit_test(test_refuses_what_is_none),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_ranges_and_links),
		cmocka_unit_test(test_names_and_duplicates),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_integers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
