/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wrapper/splice.h"

/* Nodes are named by their number in the text's order; '-' removes, '=' puts X. */
static void check_edit(const char *text, const char *edits, const char *wanted)
{
	struct kinc_span_doc doc;
	struct splice splice;
	char *result;
	size_t size;

	assert_int_equal(kinc_span_parse("test", text, strlen(text), &doc, NULL), 0);
	splice = (struct splice){.doc = &doc};
	for (const char *at = edits; *at; at += 2) {
		uint32_t node = (uint32_t)(at[1] - '0');
		if (at[0] == '-')
			assert_int_equal(splice_remove(&splice, node, NULL), 0);
		else
			assert_int_equal(splice_replace(&splice, node, "X", NULL), 0);
	}
	assert_int_equal(splice_apply(&splice, &result, &size, NULL), 0);
	assert_string_equal(result, wanted);
	assert_int_equal(size, strlen(wanted));
	free(result);
	splice_release(&splice);
	kinc_span_release(&doc);
}

static void test_elements(void **state)
{
	(void)state;
	check_edit(" [1, 2 ,3] ", "", " [1, 2 ,3] ");
	check_edit(" [1, 2 ,3] ", "=2", " [1, X ,3] ");
	check_edit(" [1, 2 ,3] ", "-1", " [2 ,3] ");
	check_edit(" [1, 2 ,3] ", "-2", " [1 ,3] ");
	check_edit(" [1, 2 ,3] ", "-3", " [1, 2] ");
	check_edit(" [1, 2 ,3] ", "-1-2", " [3] ");
	check_edit(" [1, 2 ,3] ", "-3-1", " [2] ");
	check_edit(" [1, 2 ,3] ", "-2-3", " [1] ");
	check_edit(" [ 1, 2 ,3 ] ", "-3-2-1", " [  ] ");
	check_edit(" [1, 2 ,3] ", "-1=2", " [X ,3] ");
	check_edit(" [1, 2 ,3] ", "=1-2=3", " [X ,X] ");
	check_edit("1", "=0", "X");
}

static void test_members(void **state)
{
	(void)state;
	check_edit("{\"a\":1, \"b\":2}", "-1", "{\"b\":2}");
	check_edit("{\"a\":1, \"b\":2}", "-2", "{\"a\":1}");
	check_edit("{\"a\":1, \"b\":2}", "-1-2", "{}");
	check_edit("{\"a\":{\"b\":1,\"c\":2},\"d\":3}", "-2", "{\"a\":{\"c\":2},\"d\":3}");
	check_edit("{\"a\":{\"b\":1,\"c\":2},\"d\":3}", "-2-3-4", "{\"a\":{}}");
	check_edit("{\"a\":{\"b\":1,\"c\":2},\"d\":3}", "-1", "{\"d\":3}");
}

static void test_edits_within_what_goes(void **state)
{
	(void)state;
	check_edit("[[1,2],3]", "-1=2-3", "[3]");
	check_edit("[[1,2],3]", "=1-2-3", "[X,3]");
	check_edit("[0,[1,2]]", "-2-3=4", "[0]");
}

/*
 * Whatever is removed or replaced in a generated document: the result is JSON,
 * and the tokens that stay are those of the original, byte for byte.
 */
static void test_random_edits(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		char text[512] = "[", wanted[512] = "[";
		struct kinc_span_doc doc, again;
		struct splice splice;
		char *result;
		size_t size;
		bool first = true;
		unsigned count = 1 + (unsigned)rand_r(&seed) % 8;
		int fate[8];

		for (unsigned i = 0; i < count; i++) {
			fate[i] = rand_r(&seed) % 3;
			snprintf(text + strlen(text), 64,
				 "%s%*s{\"k%u\": [%u, -1844674407370955161%u]}", i ? "," : "",
				 rand_r(&seed) % 3, "", i, i, i);
		}
		strcat(text, "]");
		assert_int_equal(kinc_span_parse("test", text, strlen(text), &doc, NULL), 0);
		splice = (struct splice){.doc = &doc};
		uint32_t node = doc.nodes[0].child;
		for (unsigned i = 0; i < count; i++, node = doc.nodes[node].next) {
			size_t at = strlen(wanted);
			if (fate[i] == 0)
				splice_remove(&splice, node, NULL);
			else if (fate[i] == 1)
				splice_replace(&splice, node, "true", NULL);
			if (fate[i] == 0)
				continue;
			snprintf(wanted + at, sizeof(wanted) - at, "%s%.*s", first ? "" : ",",
				 fate[i] == 1 ? 4
					      : (int)(doc.nodes[node].end - doc.nodes[node].start),
				 fate[i] == 1 ? "true" : text + doc.nodes[node].start);
			first = false;
		}
		strcat(wanted, "]");
		assert_int_equal(splice_apply(&splice, &result, &size, NULL), 0);
		assert_int_equal(kinc_span_parse("result", result, size, &again, NULL), 0);
		char *out = result;
		/* The generator puts blanks only between elements. */
		for (const char *in = result; *in; in++)
			if (*in != ' ' || in[-1] == ':' || (in[-1] == ',' && in[1] == '-'))
				*out++ = *in;
		*out = '\0';
		assert_string_equal(result, wanted);
		free(result);
		kinc_span_release(&again);
		splice_release(&splice);
		kinc_span_release(&doc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_edits_within_what_goes),
		cmocka_unit_test(test_random_edits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
