/* SPDX-License-Identifier: MIT */
/* A user's kubeconfig: merged into and taken out of again, or refused. */
#include "host/kubeconfig_outline.c"
#include "host/kubeconfig_splice.c"
#include "host/kubeconfig_yaml.c"

#include <assert.h>
#include <stdint.h>

static const char entry[] = "clusters: [{name: kinc-dev, cluster: {server: x}}]\n"
			    "contexts: [{name: kinc-dev, context: {user: kinc-dev}}]\n"
			    "users: [{name: kinc-dev, user: {token: y}}]\n";

static bool owns(const char *config, bool all)
{
	struct kubeconfig_outline outline;

	assert(read_outline(config, "kinc-dev", &outline, NULL) == 0);
	for (int i = 0; i < KUBECONFIG_LISTS; i++)
		if (outline.lists[i].own != all)
			return !all;
	return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *before = strndup((const char *)data, size);
	cleanup_free char *merged = NULL;
	cleanup_free char *back = NULL;
	cleanup_free char *again = NULL;
	cleanup_free char *unmerged = NULL;

	if (!before || kubeconfig_merge(before, entry, "kinc-dev", &merged, NULL) < 0)
		return 0;
	assert(owns(merged, true));
	assert(kubeconfig_unmerge(merged, "kinc-dev", &back, NULL) == 0);
	assert(!owns(back, false));
	assert(kubeconfig_merge(back, entry, "kinc-dev", &again, NULL) == 0);
	/* What stood there may stand elsewhere than it would have been put. */
	assert(owns(before, false) || strcmp(again, merged) == 0);
	assert(kubeconfig_unmerge(again, "kinc-dev", &unmerged, NULL) == 0);
	assert(strcmp(unmerged, back) == 0);
	return 0;
}
