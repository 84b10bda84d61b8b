/* SPDX-License-Identifier: MIT */
/* sd_notify datagrams, and the text that tells who sent one. */
#include <assert.h>
#include <stdlib.h>

#include "init/notify.c"
#include "init/sender.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct notify_message message;

	notify_parse((const char *)data, size, &message);
	assert(strlen(message.status) < sizeof(message.status));
	assert(message.main_pid >= 0 && message.error >= 0);
	char *text = calloc(1, size + 1);
	memcpy(text, data, size);
	if (sender_path_is_in_unit(text, "/", "svc"))
		assert(strstr(text, "/kinc/svc"));
	free(text);
	return 0;
}
