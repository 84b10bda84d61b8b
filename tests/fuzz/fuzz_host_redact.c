/* SPDX-License-Identifier: MIT */
/* Logs that anybody may have written lose what is secret, and keep the rest. */
#include "host/redact.c"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *once = NULL, *twice = NULL;
	size_t length = 0, again = 0;

	assert(redact_text((const char *)data, size, &once, &length, NULL) == 0);
	assert(redact_text(once, length, &twice, &again, NULL) == 0);
	assert(length == again && memcmp(once, twice, length) == 0);
	assert(!memmem(once, length, "BEGIN RSA PRIVATE KEY-----", 26) ||
	       !memmem(once, length, "-----BEGIN RSA PRIVATE KEY-----", 31));
	return 0;
}
