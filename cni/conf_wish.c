/* SPDX-License-Identifier: MIT */
#include "conf_wish.h"

#include <errno.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf_json.h"
#include "conf_ranges.h"

/*
 * What a runtime may pass by capability. portMappings are done by CRI-O itself
 * or a chained portmap, which gets them too; the last two only tell.
 */
static const char *const runtime_keys[] = {"portMappings",
					   "dns",
					   "ips",
					   "ipRanges",
					   "mac",
					   "cgroupPath",
					   "io.kubernetes.cri.pod-annotations",
					   NULL};

int conf_wish_address(struct conf_wish *wish, const char *where, const char *text,
		      struct kinc_error *err)
{
	struct ip_prefix prefix;
	struct ip_address address;

	if (prefix_parse(text, &prefix) == 0)
		address = prefix.address;
	else if (ip_parse(text, &address) < 0)
		return kinc_error_set(err, EINVAL, "%s \"%s\" is no address", where, text);
	if (wish->count == CONF_WISHES_MAX)
		return kinc_error_set(err, EINVAL, "%s: more than %d addresses are asked for",
				      where, CONF_WISHES_MAX);
	for (size_t i = 0; i < wish->count; i++)
		if (ip_equal(&wish->addresses[i], &address))
			return 0;
	wish->addresses[wish->count++] = address;
	return 0;
}

int conf_wish_mac(struct conf_wish *wish, const char *where, const char *text,
		  struct kinc_error *err)
{
	static const unsigned char none[6];
	struct ether_addr address = {{0}};
	unsigned char mac[6];
	char again[MAC_TEXT_MAX];

	/* ether_aton takes "1:2:3:4:5:6 and more" too. */
	bool parsed = ether_aton_r(text, &address);
	memcpy(mac, address.ether_addr_octet, sizeof(mac));
	if (!parsed || strcasecmp(text, mac_format(mac, again)) != 0)
		return kinc_error_set(err, EINVAL,
				      "%s \"%s\" is no MAC; it must look like 0a:58:0a:01:02:03",
				      where, text);
	if ((mac[0] & 1) || memcmp(mac, none, sizeof(mac)) == 0)
		return kinc_error_set(err, EINVAL, "%s %s is no interface's own MAC", where, text);
	memcpy(wish->mac, mac, sizeof(mac));
	wish->has_mac = true;
	return 0;
}

/* "ips" and "mac" of an object; where is its path for messages. */
static int read_wish(struct conf *conf, const cJSON *object, const char *where,
		     struct kinc_error *err)
{
	const cJSON *ips = NULL, *item;
	const char *mac = NULL;
	char path[64];
	int result = conf_get_array(object, where, "ips", &ips, err);

	snprintf(path, sizeof(path), "%sips", where);
	cJSON_ArrayForEach(item, ips)
	{
		if (!cJSON_IsString(item))
			return kinc_error_set(err, EINVAL, "%s must hold only strings", path);
		if (result == 0)
			result = conf_wish_address(&conf->wish, path, item->valuestring, err);
	}
	if (result == 0)
		result = conf_get_string(object, where, "mac", &mac, err);
	snprintf(path, sizeof(path), "%smac", where);
	if (result == 0 && mac && *mac)
		result = conf_wish_mac(&conf->wish, path, mac, err);
	return result;
}

/* The capability's names differ from those of the configuration and the result. */
static int read_dns(struct conf *conf, const cJSON *runtime, struct kinc_error *err)
{
	static const char *const keys[] = {"servers", "searches", "options", NULL};
	static const char *const names[] = {"nameservers", "search", "options"};
	const cJSON *asked = NULL, *item;
	int result = conf_get_object(runtime, "runtimeConfig.", "dns", &asked, err);

	if (result < 0 || !asked || !asked->child)
		return result;
	result = conf_only_keys(asked, "runtimeConfig.dns.", keys, err);
	cJSON *dns = cJSON_CreateObject();
	for (size_t i = 0; result == 0 && keys[i]; i++) {
		const cJSON *list = NULL;
		result = conf_get_array(asked, "runtimeConfig.dns.", keys[i], &list, err);
		cJSON_ArrayForEach(item, list) if (!cJSON_IsString(item)) result = kinc_error_set(
			err, EINVAL, "runtimeConfig.dns.%s must hold only strings", keys[i]);
		if (result == 0 && list)
			cJSON_AddItemToObject(dns, names[i], cJSON_Duplicate(list, true));
	}
	if (result < 0) {
		cJSON_Delete(dns);
		return result;
	}
	/* In the tree, so that it is released with it. */
	cJSON_DeleteItemFromObjectCaseSensitive(conf->tree, "dns");
	cJSON_AddItemToObject(conf->tree, "dns", dns);
	conf->dns = dns;
	return 0;
}

int conf_parse_wish(struct conf *conf, struct kinc_error *err)
{
	const cJSON *args = NULL, *cni = NULL, *runtime = NULL, *capabilities = NULL;
	int result = conf_get_object(conf->tree, "", "capabilities", &capabilities, err);

	if (result == 0 && capabilities)
		result = conf_only_keys(capabilities, "capabilities.", runtime_keys, err);
	if (result == 0)
		result = conf_get_object(conf->tree, "", "args", &args, err);
	if (result == 0 && args)
		result = conf_get_object(args, "args.", "cni", &cni, err);
	if (result == 0 && cni)
		result = read_wish(conf, cni, "args.cni.", err);
	if (result == 0)
		result = conf_get_object(conf->tree, "", "runtimeConfig", &runtime, err);
	if (result < 0 || !runtime)
		return result;
	result = conf_only_keys(runtime, "runtimeConfig.", runtime_keys, err);
	if (result == 0)
		result = read_wish(conf, runtime, "runtimeConfig.", err);
	return result < 0 ? result : read_dns(conf, runtime, err);
}

static bool can_give(const struct ip_range_set *set, const struct ip_address *address)
{
	for (size_t i = 0; i < set->count; i++)
		if (ip_equal(&set->ranges[i].gateway, address))
			return false;
	return conf_set_contains(set, address);
}

int conf_wish_assign(const struct conf *conf, const struct ip_address *picked[CONF_SETS_MAX],
		     struct kinc_error *err)
{
	bool used[CONF_WISHES_MAX] = {false};
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < conf->set_count; i++) {
		picked[i] = NULL;
		for (size_t j = 0; !picked[i] && j < conf->wish.count; j++) {
			if (used[j] || !can_give(&conf->sets[i], &conf->wish.addresses[j]))
				continue;
			used[j] = true;
			picked[i] = &conf->wish.addresses[j];
		}
	}
	for (size_t j = 0; j < conf->wish.count; j++)
		if (!used[j])
			return kinc_error_set(
				err, EINVAL,
				"address %s was asked for, but no range set of network %s can "
				"give it",
				ip_format(&conf->wish.addresses[j], text), conf->name);
	return 0;
}
