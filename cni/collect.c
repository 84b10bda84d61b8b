/* SPDX-License-Identifier: MIT */
#include "collect.h"

#include <errno.h>
#include <string.h>

struct collection {
	const struct conf *conf;
	enum cni_code *code;
	struct kinc_error *err;
	int result;
};

static bool is_valid(const cJSON *list, const struct ipam_owner *owner)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list) if (strcmp(kinc_json_string(item, "containerID", ""),
						  owner->container) == 0 &&
					   strcmp(kinc_json_string(item, "ifname", ""),
						  owner->ifname) == 0) return true;
	return false;
}

static int collect_one(const struct ipam_owner *owner, void *context)
{
	struct collection *collection = context;
	const struct conf *conf = collection->conf;
	enum cni_code code;
	struct kinc_error err;

	if (is_valid(conf->valid_attachments, owner))
		return 0;
	int result = attachment_delete(owner, conf, &code, &err);
	if (result < 0 && collection->result == 0) {
		collection->result = result;
		*collection->code = code;
		*collection->err = err;
	}
	return 0;
}

static bool list_well_formed(const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		if (!cJSON_IsString(kinc_json_get(item, "containerID")) ||
		    !cJSON_IsString(kinc_json_get(item, "ifname")))
			return false;
	}
	return true;
}

int collect_garbage(const struct conf *conf, enum cni_code *code, struct kinc_error *err)
{
	struct collection collection = {conf, code, err, 0};
	cleanup_ipam struct ipam ipam = IPAM_NONE;
	int result;

	*code = CNI_INVALID_CONFIG;
	if (!conf->attachments_given || !list_well_formed(conf->valid_attachments))
		return kinc_error_set(err, EINVAL,
				      "cni.dev/valid-attachments must list objects of containerID "
				      "and ifname");
	*code = CNI_IO_FAILURE;
	result = ipam_open_existing(&ipam, conf, err);
	if (result == 0)
		result = ipam_each(&ipam, collect_one, &collection, err);
	return result < 0 ? result : collection.result;
}

int collect_status(const struct conf *conf, enum cni_code *code, struct kinc_error *err)
{
	cleanup_ipam struct ipam ipam = IPAM_NONE;
	cleanup_rtnl struct rtnl host = RTNL_CLOSED;
	int result;

	*code = CNI_NOT_AVAILABLE;
	result = rtnl_open(&host, err);
	if (result == 0)
		result = ipam_open(&ipam, conf, err);
	return result < 0 ? result : ipam_room(&ipam, conf, err);
}
