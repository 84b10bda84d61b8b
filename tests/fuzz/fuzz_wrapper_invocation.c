/* SPDX-License-Identifier: MIT */
/*
 * Any command line: with the option put in it is the same call, of the same
 * container, and names our file.
 */
#include "wrapper/invocation.c"

#include <stdint.h>

#define WORDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char runtime[] = "crun", config[] = "--config", process[] = "--process",
		    file[] = "X";
	char *text = malloc(size + 1), *words[WORDS_MAX + 1] = {runtime};
	struct invocation before, after;
	char **built = NULL;
	int count = 1, length = 0;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	/* A word per line. */
	for (char *rest = text, *word; count < WORDS_MAX && (word = strsep(&rest, "\n"));)
		words[count++] = word;
	words[count] = NULL;
	invocation_parse(count, words, &before);
	if (before.call == CALL_CREATE || before.call == CALL_RUN || before.call == CALL_EXEC) {
		bool exec = before.call == CALL_EXEC;
		if (invocation_build(&before, count, words, runtime, exec ? process : config, file,
				     &built, NULL) < 0)
			abort();
		while (built[length])
			length++;
		invocation_parse(length, built, &after);
		if (length != count + 2 || after.call != before.call || after.id != before.id ||
		    after.bundle != before.bundle || after.preserve_fds != before.preserve_fds ||
		    (exec ? after.process : after.config) != file)
			abort();
		invocation_id_is_safe(before.id);
	}
	free(built);
	free(text);
	return 0;
}
