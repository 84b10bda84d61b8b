/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdint.h>

#include "init/template.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char value[] = "value";
	char name[] = "KINC_A";
	const struct variables variables = {.count = 1, .items = {{name, value}}};
	struct kinc_error err;
	char *text = strndup((const char *)data, size);
	char *expanded = NULL;
	size_t offset = 0;

	if (template_expand(text, &variables, &expanded, &offset, &err) == 0)
		assert(strlen(expanded) <= strlen(text));
	else
		assert(offset < strlen(text));
	free(expanded);
	free(text);
	return 0;
}
