/* SPDX-License-Identifier: MIT */
/* A node's admin.conf is not trusted: rewritten or refused, and twice is the same as once. */
#include "host/kubeconfig_yaml.c"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *once = NULL;
	cleanup_free char *twice = NULL;

	if (kubeconfig_rewrite((const char *)data, size, "dev", 6444, &once, NULL) < 0)
		return 0;
	assert(strstr(once, "https://127.0.0.1:6444"));
	assert(kubeconfig_rewrite(once, strlen(once), "dev", 6444, &twice, NULL) == 0);
	return 0;
}
