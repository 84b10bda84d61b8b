/* SPDX-License-Identifier: MIT */
/* A .container file, which any program of the user may have written, becomes a cluster or none. */
#include "host/cgroup_position.c"
#include "host/cluster.c"
#include "host/config_options.c"
#include "host/container.c"
#include "host/controllers.c"
#include "host/network.c"
#include "host/podman.c"
#include "host/quadlet_file.c"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = strndup((const char *)data, size), *again = NULL;
	cleanup_json cJSON *containers = cJSON_CreateArray(), *second = NULL;
	cleanup_clusters struct cluster_list list = {0}, same = {0};
	cJSON *container = quadlet_parse(text);

	if (!container)
		return 0;
	cJSON_AddItemToArray(containers, container);
	assert(is_among(containers, container));
	if (cluster_list_parse(containers, &list, NULL) < 0 || !list.count ||
	    !list.clusters[0].port)
		return 0;
	/* What is written of it tells of the same. */
	assert(quadlet_print(&list.clusters[0], &again, NULL) == 0);
	second = cJSON_CreateArray();
	cJSON_AddItemToArray(second, quadlet_parse(again));
	assert(cluster_list_parse(second, &same, NULL) == 0 && same.count == 1);
	assert(strcmp(same.clusters[0].name, list.clusters[0].name) == 0);
	assert(same.clusters[0].port == list.clusters[0].port);
	assert(strcmp(same.clusters[0].image, list.clusters[0].image) == 0);
	return 0;
}
