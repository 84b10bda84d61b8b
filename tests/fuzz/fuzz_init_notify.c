/* SPDX-License-Identifier: MIT */
#include <assert.h>

#include "init/notify.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct notify_message message;

	notify_parse((const char *)data, size, &message);
	assert(strlen(message.status) < sizeof(message.status));
	assert(message.main_pid >= 0 && message.error >= 0);
	return 0;
}
