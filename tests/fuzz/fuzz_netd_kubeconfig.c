/* SPDX-License-Identifier: MIT */
/* Whatever a kubeconfig says: what it gives can go into a request. No file but it is read. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"

static const char *content;
static size_t content_size;

static int fuzz_read_file(int dirfd, const char *path, size_t max, char **ret_data,
			  size_t *ret_size, struct kinc_error *err)
{
	bool is_it = strcmp(path, "dir/kubeconfig") == 0;
	size_t size = is_it ? content_size : 6;

	(void)dirfd, (void)err;
	assert(*path && max >= size);
	*ret_data = calloc(1, size + 1);
	memcpy(*ret_data, is_it ? content : "token\n", size);
	if (ret_size)
		*ret_size = size;
	return 0;
}

#define kinc_read_file fuzz_read_file
#include "cni/netd/kubeconfig.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kubeconfig kubeconfig;
	struct kinc_error err;

	content = (const char *)data;
	content_size = size;
	if (kubeconfig_load("dir/kubeconfig", &kubeconfig, &err) < 0)
		return 0;
	assert(strncmp(kubeconfig.server, "http", 4) == 0);
	assert(!kubeconfig.token || !strpbrk(kubeconfig.token, "\r\n "));
	assert(!kubeconfig.certificate == !kubeconfig.key);
	assert(!kubeconfig_changed(&kubeconfig) || kubeconfig.file_count);
	kubeconfig_release(&kubeconfig);
	return 0;
}
