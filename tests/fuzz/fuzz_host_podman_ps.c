/* SPDX-License-Identifier: MIT */
/* What podman prints, with labels that anybody may have set, becomes clusters and images. */
#include "host/cgroup_position.c"
#include "host/cluster.c"
#include "host/config_options.c"
#include "host/container.c"
#include "host/controllers.c"
#include "host/image.c"
#include "host/network.c"
#include "host/podman.c"
#include "host/quadlet_file.c"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_json cJSON *json = cJSON_ParseWithLength((const char *)data, size);
	cleanup_clusters struct cluster_list list = {0};
	struct kinc_error err = {0};

	(void)image_newest(json);
	if (!json || cluster_list_parse(json, &list, &err) < 0)
		return 0;
	for (size_t i = 0; i < list.count; i++) {
		assert(cluster_check_name(list.clusters[i].name, NULL) == 0);
		assert(cluster_list_find(&list, list.clusters[i].name));
		assert(list.clusters[i].port >= 0 && list.clusters[i].port <= 65535);
	}
	assert(cluster_unknown(&list, "nope", &err) < 0);
	return 0;
}
