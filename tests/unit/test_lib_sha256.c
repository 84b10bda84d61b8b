/* SPDX-License-Identifier: MIT */
/* SHA-256 against the vectors of NIST (FIPS 180-4 examples, CAVP byte vectors). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "sha256.h"

static void expect(const void *data, size_t size, size_t step, const char *wanted)
{
	struct kinc_sha256 hash;
	char text[KINC_SHA256_TEXT];

	kinc_sha256_begin(&hash);
	for (size_t at = 0; at < size; at += step)
		kinc_sha256_add(&hash, (const char *)data + at,
				size - at < step ? size - at : step);
	kinc_sha256_end_text(&hash, text);
	assert_string_equal(text, wanted);
}

static void test_vectors(void **state)
{
	static const struct {
		const char *text, *wanted;
	} vectors[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
		 "klmnopqrlmnopqrsmnopqrstnopqrstu",
		 "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
		{"\xd3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		for (size_t step = 1; step < 70; step++)
			expect(vectors[i].text, strlen(vectors[i].text), step, vectors[i].wanted);
}

static void test_million(void **state)
{
	char *text = malloc(1000000);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', 1000000);
	expect(text, 1000000, 4097,
	       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_million),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
