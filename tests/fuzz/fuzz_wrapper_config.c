/* SPDX-License-Identifier: MIT */
/* Any configuration file, and any map of ids. */
#include "wrapper/config.c"
#include "wrapper/facts.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = malloc(size + 1);
	struct config config = {0};
	struct kinc_error err = {0};
	struct id_map map;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (config_parse("fuzz", text, size, &config, &err) == 0 &&
	    ((config.runtime && config.runtime[0] != '/') || (config.log && config.log[0] != '/')))
		abort();
	config_release(&config);
	id_map_parse(&map, text);
	for (size_t i = 0; i < map.count; i++)
		if (!id_map_has(&map, map.ranges[i].first))
			abort();
	id_map_has(&map, UINT32_MAX);
	return 0;
}
