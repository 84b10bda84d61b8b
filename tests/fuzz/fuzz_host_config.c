/* SPDX-License-Identifier: MIT */
/* A user's configuration: what is accepted is a list of podman's options that can be kept. */
#include "host/config.c"
#undef COUNT
#include "host/config_options.c"
#include "host/nearest.c"
#undef COUNT
#include "host/patches.c"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char options[CONFIG_OPTIONS_MAX];
	const struct config_host host = {.memory_mib = 16384, .cpus = 8};
	struct config config;
	struct kinc_error err = {0};

	if (config_parse("f", (const char *)data, size, &config, &err) < 0) {
		assert(err.code == EINVAL || err.code == ENOMEM);
		assert(strncmp(err.message, "f:", 2) == 0 || err.code == ENOMEM);
	} else if (config_options(&config, &host, options, &err) == 0) {
		assert(config_check_options(options) == 0);
	}
	return 0;
}
