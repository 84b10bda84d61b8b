/* SPDX-License-Identifier: MIT */
#include "conf_ranges.h"

#include <errno.h>
#include <string.h>

#include "conf_json.h"
#include "conf_routes.h"

static const char *const ipam_keys[] = {"type",	  "subnet", "rangeStart", "rangeEnd",	"gateway",
					"ranges", "routes", "dataDir",	  "resolvConf", NULL};
static const char *const range_keys[] = {"subnet", "rangeStart", "rangeEnd", "gateway", NULL};

/* An optional address of a range, which must lie in its subnet. */
static int parse_within(const cJSON *object, const char *key, const struct ip_prefix *subnet,
			struct ip_address *ret, struct kinc_error *err)
{
	const char *text = NULL;
	char subnet_text[IP_TEXT_MAX];
	int result = conf_get_string(object, "ipam ", key, &text, err);

	if (result < 0 || !text || !*text)
		return result;
	if (ip_parse(text, ret) < 0)
		return kinc_error_set(err, EINVAL, "ipam %s \"%s\" is no address", key, text);
	if (!prefix_contains(subnet, ret))
		return kinc_error_set(err, EINVAL, "ipam %s %s is not in subnet %s", key, text,
				      prefix_format(subnet, subnet_text));
	return 0;
}

static int parse_range(const cJSON *object, struct ip_range *range, struct kinc_error *err)
{
	const char *text = NULL;
	int result = conf_get_string(object, "ipam ", "subnet", &text, err);

	if (result < 0)
		return result;
	if (!text)
		return kinc_error_set(err, EINVAL, "an ipam range has no subnet");
	if (prefix_parse(text, &range->subnet) < 0)
		return kinc_error_set(err, EINVAL, "ipam subnet \"%s\" is no ADDRESS/LENGTH", text);

	struct ip_address network = prefix_first(&range->subnet);
	if (!ip_equal(&network, &range->subnet.address))
		return kinc_error_set(err, EINVAL, "ipam subnet %s has host bits set", text);
	/* A gateway and at least one pod, network and broadcast address apart. */
	if (range->subnet.length + 2 > ip_size(network.family) * 8)
		return kinc_error_set(err, EINVAL, "ipam subnet %s is too small", text);

	range->gateway = range->first = ip_next(network);
	range->last = prefix_last(&range->subnet);
	/* IPv6 has no broadcast address. */
	if (network.family == AF_INET)
		range->last = ip_previous(range->last);
	result = parse_within(object, "rangeStart", &range->subnet, &range->first, err);
	if (result == 0)
		result = parse_within(object, "rangeEnd", &range->subnet, &range->last, err);
	if (result == 0)
		result = parse_within(object, "gateway", &range->subnet, &range->gateway, err);
	if (result == 0 && ip_compare(&range->first, &range->last) > 0)
		return kinc_error_set(err, EINVAL, "ipam rangeStart of %s lies after rangeEnd",
				      text);
	return result;
}

static bool ranges_overlap(const struct ip_range *a, const struct ip_range *b)
{
	return a->first.family == b->first.family && ip_compare(&a->first, &b->last) <= 0 &&
	       ip_compare(&b->first, &a->last) <= 0;
}

/* Adds a range to the last set, after a look at all that came before. */
static int add_range(struct conf *conf, const cJSON *object, struct kinc_error *err)
{
	struct ip_range_set *set = &conf->sets[conf->set_count - 1];
	struct ip_range range = {0};
	char text[IP_TEXT_MAX];
	int result;

	if (!cJSON_IsObject(object))
		return kinc_error_set(err, EINVAL,
				      "ipam.ranges must be a list of lists of objects");
	result = parse_range(object, &range, err);
	if (result < 0)
		return result;
	if (set->count == CONF_RANGES_MAX)
		return kinc_error_set(err, EINVAL, "more than %d ranges in one set of ipam.ranges",
				      CONF_RANGES_MAX);
	if (set->count && set->ranges[0].first.family != range.first.family)
		return kinc_error_set(err, EINVAL, "a set of ipam.ranges mixes IPv4 and IPv6");
	for (size_t i = 0; i < conf->set_count; i++)
		for (size_t j = 0; j < conf->sets[i].count; j++)
			if (ranges_overlap(&range, &conf->sets[i].ranges[j]))
				return kinc_error_set(err, EINVAL, "ipam range %s overlaps another",
						      prefix_format(&range.subnet, text));
	set->ranges[set->count++] = range;
	return 0;
}

/* A list of sets, each a list of ranges; where is its path for messages. */
static int add_sets(struct conf *conf, const cJSON *sets, const char *where, struct kinc_error *err)
{
	const cJSON *list, *object;
	int result = 0;

	cJSON_ArrayForEach(list, sets)
	{
		if (!cJSON_IsArray(list) || !list->child)
			return kinc_error_set(err, EINVAL, "%s must be a list of lists of objects",
					      where);
		if (conf->set_count == CONF_SETS_MAX)
			return kinc_error_set(err, EINVAL, "more than %d sets of ranges",
					      CONF_SETS_MAX);
		conf->set_count++;
		cJSON_ArrayForEach(object, list)
		{
			if (result == 0)
				result = conf_only_keys(object, "ipam.ranges ", range_keys, err);
			if (result == 0)
				result = add_range(conf, object, err);
		}
	}
	return result;
}

static int parse_ranges(struct conf *conf, const cJSON *ipam, struct kinc_error *err)
{
	const cJSON *ranges = NULL, *asked = NULL;
	int result = conf_only_keys(ipam, "ipam.", ipam_keys, err);

	if (result == 0)
		result = conf_get_array(ipam, "ipam.", "ranges", &ranges, err);
	if (result == 0)
		result = conf_get_array(kinc_json_get(conf->tree, "runtimeConfig"),
					"runtimeConfig.", "ipRanges", &asked, err);
	/* As in host-local: the runtime's first, then the flat form, then the list. */
	if (result == 0)
		result = add_sets(conf, asked, "runtimeConfig.ipRanges", err);
	if (result == 0 && kinc_json_get(ipam, "subnet")) {
		if (conf->set_count == CONF_SETS_MAX)
			return kinc_error_set(err, EINVAL, "more than %d sets of ranges",
					      CONF_SETS_MAX);
		conf->set_count++;
		result = add_range(conf, ipam, err);
	}
	if (result == 0)
		result = add_sets(conf, ranges, "ipam.ranges", err);
	if (result == 0 && conf->set_count == 0)
		return kinc_error_set(err, EINVAL, "ipam has neither subnet nor ranges");
	return result;
}

int conf_parse_ipam(struct conf *conf, struct kinc_error *err)
{
	const cJSON *ipam = NULL;
	const char *type = NULL;
	int result = conf_get_object(conf->tree, "", "ipam", &ipam, err);

	/* Without ipam the interface is a port of the bridge and no more. */
	if (result < 0 || !ipam || !ipam->child)
		return result;
	result = conf_get_string(ipam, "ipam.", "type", &type, err);
	if (result == 0 && type && *type && strcmp(type, "host-local") != 0)
		return kinc_error_set(err, EOPNOTSUPP,
				      "kincnet does not support ipam.type: \"%s\"; "
				      "leave it out or say host-local",
				      type);
	if (result == 0)
		result = parse_ranges(conf, ipam, err);
	if (result == 0)
		result = conf_parse_routes(conf, ipam, err);
	if (result == 0)
		result = conf_get_string(ipam, "ipam.", "dataDir", &conf->data_dir, err);
	if (result == 0)
		result = conf_get_string(ipam, "ipam.", "resolvConf", &conf->resolv_conf, err);
	if (result == 0 && conf->data_dir[0] != '/')
		return kinc_error_set(err, EINVAL, "ipam.dataDir \"%s\" is no absolute path",
				      conf->data_dir);
	return result;
}

bool conf_set_contains(const struct ip_range_set *set, const struct ip_address *address)
{
	for (size_t i = 0; i < set->count; i++)
		if (address->family == set->ranges[i].first.family &&
		    ip_compare(address, &set->ranges[i].first) >= 0 &&
		    ip_compare(address, &set->ranges[i].last) <= 0)
			return true;
	return false;
}

bool conf_has_family(const struct conf *conf, int family)
{
	for (size_t i = 0; i < conf->set_count; i++)
		if (conf->sets[i].ranges[0].first.family == family)
			return true;
	return false;
}

size_t conf_list_ranges(const struct conf *conf, int family,
			const struct ip_range *list[CONF_SETS_MAX * CONF_RANGES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < conf->set_count; i++)
		for (size_t j = 0; j < conf->sets[i].count; j++)
			if (conf->sets[i].ranges[j].first.family == family)
				list[count++] = &conf->sets[i].ranges[j];
	return count;
}
