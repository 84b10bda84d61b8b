/* SPDX-License-Identifier: MIT */
#include "loopback.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"

bool loopback_asked(const cJSON *tree)
{
	return strcmp(kinc_json_string(tree, "type", ""), "loopback") == 0;
}

static int find(const struct args *args, struct pod *ret_pod, struct link *ret_link,
		enum cni_code *code, struct kinc_error *err)
{
	int status = attachment_enter(args, POD_LOOK, ret_pod, code, err);

	if (status < 0)
		return status;
	*code = CNI_NETWORK;
	status = link_get(&ret_pod->rtnl, "lo", ret_link, err);
	if (status == 0 && strcmp(args->owner.ifname, "lo") != 0) {
		*code = CNI_INVALID_ENVIRONMENT;
		return kinc_error_set(err, EINVAL, "CNI_IFNAME \"%s\": loopback serves only lo",
				      args->owner.ifname);
	}
	return status;
}

int loopback_add(const struct args *args, const cJSON *tree, char **ret_output, enum cni_code *code,
		 struct kinc_error *err)
{
	cleanup_pod struct pod pod = POD_NONE;
	struct link link = {0};
	enum cni_version version;
	int status = cni_version_parse(kinc_json_string(tree, "cniVersion", ""), &version, err);

	*code = CNI_INCOMPATIBLE_VERSION;
	if (status == 0)
		status = find(args, &pod, &link, code, err);
	/* The kernel gives lo its addresses when it goes up. */
	if (status == 0)
		status = link_set_up(&pod.rtnl, link.index, err);
	if (status < 0)
		return status;
	*ret_output = result_print_loopback(version, args->netns);
	return *ret_output ? 0 : kinc_error_errno(err, ENOMEM, "printing the result");
}

int loopback_check(const struct args *args, enum cni_code *code, struct kinc_error *err)
{
	cleanup_pod struct pod pod = POD_NONE;
	struct link link = {0};
	int status = find(args, &pod, &link, code, err);

	if (status == 0 && !link.up) {
		*code = CNI_MISMATCH;
		return kinc_error_set(err, ENOENT, "lo is down");
	}
	return status;
}
