/* SPDX-License-Identifier: MIT */
/*
 * Bytes that begin with '{' are an object, taken as a pod, a namespace and a policy.
 * Others tell a story (netd_story.h): rules and objects agree.
 */
#include <stdint.h>

#include "cni/netd/chains.c"
#include "cni/netd/intervals.c"
#include "cni/netd/model.c"
#include "cni/netd/object_policy.c"
#include "cni/netd/script.c"
#include "cni/netd/table.c"
#include "cni/netd/verdict.c"
#define protocols compile_protocols
#include "cni/netd/compile.c"
#undef PORTS_MAX
#define forget peers_forget
#include "cni/netd/peers.c"
#undef forget
#define parse pod_parse
#define parse_ports pod_parse_ports
#include "cni/netd/object_pod.c"
#undef parse
#define parse selector_parse_all
#define compare selector_compare
#include "cni/netd/selector.c"
#include "cni/netd/store.c"
#include "tests/unit/netd_story.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void take_object(const char *text)
{
	cleanup_json cJSON *object = cJSON_Parse(text);
	struct settlement settlement;
	struct policy *policy;
	struct kinc_error err;
	struct model model;

	model_init(&model, "here", true, true);
	(void)store_set_pod(&model, object, OBJECT_PRESENT, &err);
	(void)store_set_namespace(&model, object, OBJECT_PRESENT, &err);
	(void)store_set_policy(&model, object, OBJECT_PRESENT, &policy, &err);
	model_settle(&model, &settlement);
	settlement_release(&settlement);
	model_release(&model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	*text == '{' ? take_object(text) : (void)story_run(data, size < 250 ? size : 250);
	free(text);
	return 0;
}
