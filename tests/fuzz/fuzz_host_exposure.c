/* SPDX-License-Identifier: MIT */
/* What a user says is to be exposed becomes words for kubectl, none of them an option or a path. */
#include "host/cgroup_position.c"
#include "host/cluster.c"
#include "host/config_options.c"
#include "host/container.c"
#include "host/controllers.c"
#include "host/exposure.c"
#include "host/network.c"
#include "host/podman.c"
#include "host/quadlet_file.c"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = strndup((const char *)data, size);
	struct exposure_target target;

	if (exposure_parse(text, &target, NULL) < 0)
		return 0;
	assert((*target.name == '\0') == (target.kind == EXPOSURE_NODE));
	assert(!strpbrk(target.name, "/ \n") && *target.name != '-' && *target.name != '.');
	assert(!strpbrk(target.port, "/ \n") && *target.port != '-');
	assert(*target.port || target.kind == EXPOSURE_SERVICE);
	return 0;
}
