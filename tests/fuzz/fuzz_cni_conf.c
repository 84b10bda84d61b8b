/* SPDX-License-Identifier: MIT */
/* Standard input of kincnet: the configuration, and the prevResult in it. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cni/conf.c"
#include "cni/conf_json.c"
#include "cni/conf_ranges.c"
#include "cni/conf_resolv.c"
#include "cni/conf_routes.c"
#include "cni/conf_wish.c"
#include "cni/result.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct kinc_error err = {0};
	struct previous previous;
	struct conf conf;

	const struct ip_address *picked[CONF_SETS_MAX];
	if (conf_parse(text, &conf, &err) == 0) {
		if (conf_wish_assign(&conf, picked, &err) == 0)
			for (size_t i = 0; i < conf.set_count; i++)
				assert(!picked[i] || conf_set_contains(&conf.sets[i], picked[i]));
		assert(conf_name_valid(conf.name) && conf_interface_valid(conf.bridge));
		assert(conf.data_dir[0] == '/');
		for (size_t i = 0; i < conf.set_count; i++) {
			const struct ip_range *range = &conf.sets[i].ranges[0];
			assert(conf.sets[i].count > 0);
			assert(ip_compare(&range->first, &range->last) <= 0);
			assert(prefix_contains(&range->subnet, &range->last));
		}
		struct result made = {.pod = {.name = "eth0"}, .netns = "/run/netns/p"};
		for (size_t i = 0; i < conf.set_count; i++)
			made.leases[i] = (struct lease){conf.sets[i].ranges[0].first,
							&conf.sets[i].ranges[0]};
		if (result_check_chain(&conf, &err) == 0) {
			char *printed = result_print(&conf, &made);
			cleanup_json cJSON *tree = cJSON_Parse(printed);
			assert(cJSON_GetArraySize(kinc_json_get(tree, "interfaces")) >= 3);
			free(printed);
		}
		if (result_read_previous(&conf, "eth0", &previous, &err) == 0)
			assert(previous.count == conf.set_count);
		conf_release(&conf);
	} else {
		assert(err.code != 0 && err.message[0]);
	}
	if (conf_parse_file(text, "kincnet", &conf, &err) == 0)
		conf_release(&conf);
	free(text);
	return 0;
}
