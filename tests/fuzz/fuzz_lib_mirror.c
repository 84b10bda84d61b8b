/* SPDX-License-Identifier: MIT */
/* A list of mirrors is read to its end, and what is read has no byte that TOML or a path minds. */
#include "lib/mirror.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void assert_plain(const char *text)
{
	assert(*text && *text != '.' && !strstr(text, ".."));
	assert(text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.:-/")] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	const char *at = text;
	struct mirror mirror;
	struct kinc_error err = {0};
	int result;

	assert(text);
	while ((result = mirror_next(&at, &mirror, &err)) > 0) {
		assert_plain(mirror.registry);
		assert(!strchr(mirror.registry, '/') && mirror_host(mirror.url));
		assert_plain(mirror_host(mirror.url));
		assert(!strchr(mirror_host(mirror.url), '/'));
	}
	assert(result == 0 ? *at == '\0' : err.code == EINVAL);
	free(text);
	return 0;
}
