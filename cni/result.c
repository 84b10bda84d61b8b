/* SPDX-License-Identifier: MIT */
#include "result.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf_json.h"

static void add_interface(cJSON *list, const struct conf *conf, const struct link *link,
			  const char *sandbox)
{
	cJSON *item = cJSON_CreateObject();
	char mac[MAC_TEXT_MAX];

	cJSON_AddStringToObject(item, "name", link->name);
	cJSON_AddStringToObject(item, "mac", mac_format(link->mac, mac));
	if (conf->version >= CNI_1_1_0 && link->mtu)
		cJSON_AddNumberToObject(item, "mtu", link->mtu);
	if (sandbox)
		cJSON_AddStringToObject(item, "sandbox", sandbox);
	cJSON_AddItemToArray(list, item);
}

static void add_address(cJSON *list, const struct conf *conf, const struct lease *lease,
			int interface)
{
	struct ip_prefix prefix = {lease->address, lease->range->subnet.length};
	cJSON *item = cJSON_CreateObject();
	char text[IP_TEXT_MAX];

	if (conf->version <= CNI_0_4_0)
		cJSON_AddStringToObject(item, "version",
					lease->address.family == AF_INET ? "4" : "6");
	cJSON_AddNumberToObject(item, "interface", interface);
	cJSON_AddStringToObject(item, "address", prefix_format(&prefix, text));
	cJSON_AddStringToObject(item, "gateway", ip_format(&lease->range->gateway, text));
	cJSON_AddItemToArray(list, item);
}

const struct ip_address *result_gateway(const struct conf_route *route, const struct lease *leases,
					size_t count)
{
	if (route->gateway.family != AF_UNSPEC)
		return &route->gateway;
	/* Of link scope and beyond: no gateway on the way. */
	if (route->scope >= RT_SCOPE_LINK)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (leases[i].address.family == route->destination.address.family)
			return &leases[i].range->gateway;
	return NULL;
}

static void print_route(cJSON *list, const struct conf *conf, const struct conf_route *route,
			const struct ip_address *gateway)
{
	const struct {
		const char *key;
		unsigned value;
	} numbers[] = {
		{"mtu", route->mtu},
		{"advmss", route->advmss},
		{"priority", route->priority},
		{"table", route->table},
	};
	cJSON *item = cJSON_CreateObject();
	char text[IP_TEXT_MAX];

	cJSON_AddStringToObject(item, "dst", prefix_format(&route->destination, text));
	if (gateway)
		cJSON_AddStringToObject(item, "gw", ip_format(gateway, text));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (conf->version >= CNI_1_1_0 && numbers[i].value)
			cJSON_AddNumberToObject(item, numbers[i].key, numbers[i].value);
	if (conf->version >= CNI_1_1_0 && route->scope >= 0)
		cJSON_AddNumberToObject(item, "scope", route->scope);
	cJSON_AddItemToArray(list, item);
}

static char *print_and_delete(cJSON *tree)
{
	char *text = cJSON_Print(tree);

	cJSON_Delete(tree);
	return text;
}

int result_check_chain(const struct conf *conf, struct kinc_error *err)
{
	static const char *const lists[] = {"interfaces", "ips", "routes"};
	const cJSON *dns = NULL;
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(lists) / sizeof(*lists); i++) {
		const cJSON *list = NULL, *item;
		result = conf_get_array(conf->prev_result, "prevResult.", lists[i], &list, err);
		cJSON_ArrayForEach(item, list) if (!cJSON_IsObject(item)) return kinc_error_set(
			err, EINVAL, "prevResult.%s must hold only objects", lists[i]);
	}
	return result < 0 ? result
			  : conf_get_object(conf->prev_result, "prevResult.", "dns", &dns, err);
}

/* A list of the result; it begins with what plugins earlier in the chain put there. */
static cJSON *add_list(cJSON *tree, const struct conf *conf, const char *key)
{
	const cJSON *before = kinc_json_get(conf->prev_result, key);
	cJSON *list = cJSON_IsArray(before) ? cJSON_Duplicate(before, true) : cJSON_CreateArray();

	cJSON_AddItemToObject(tree, key, list);
	return list;
}

char *result_print(const struct conf *conf, const struct result *result)
{
	const cJSON *dns = conf->dns ? conf->dns : kinc_json_get(conf->prev_result, "dns");
	cJSON *tree = cJSON_CreateObject();

	cJSON_AddStringToObject(tree, "cniVersion", cni_version_name(conf->version));
	cJSON *interfaces = add_list(tree, conf, "interfaces");
	if (!conf->routed)
		add_interface(interfaces, conf, &result->bridge, NULL);
	add_interface(interfaces, conf, &result->host, NULL);
	int pod = cJSON_GetArraySize(interfaces);
	add_interface(interfaces, conf, &result->pod, result->netns);

	cJSON *ips = add_list(tree, conf, "ips");
	for (size_t i = 0; i < conf->set_count; i++)
		add_address(ips, conf, &result->leases[i], pod);

	cJSON *routes = conf->route_count || kinc_json_get(conf->prev_result, "routes")
				? add_list(tree, conf, "routes")
				: NULL;
	for (size_t i = 0; i < conf->route_count; i++)
		print_route(routes, conf, &conf->routes[i],
			    result_gateway(&conf->routes[i], result->leases, conf->set_count));
	if (cJSON_IsObject(dns))
		cJSON_AddItemToObject(tree, "dns", cJSON_Duplicate(dns, true));
	else
		cJSON_AddObjectToObject(tree, "dns");
	return print_and_delete(tree);
}

char *result_print_loopback(enum cni_version version, const char *netns)
{
	static const char *const addresses[] = {"127.0.0.1/8", "::1/128"};
	cJSON *tree = cJSON_CreateObject();

	cJSON_AddStringToObject(tree, "cniVersion", cni_version_name(version));
	cJSON *lo = cJSON_CreateObject();
	cJSON_AddStringToObject(lo, "name", "lo");
	cJSON_AddStringToObject(lo, "mac", "00:00:00:00:00:00");
	cJSON_AddStringToObject(lo, "sandbox", netns);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(tree, "interfaces"), lo);
	cJSON *ips = cJSON_AddArrayToObject(tree, "ips");
	for (size_t i = 0; i < 2; i++) {
		cJSON *item = cJSON_CreateObject();
		if (version <= CNI_0_4_0)
			cJSON_AddStringToObject(item, "version", i == 0 ? "4" : "6");
		cJSON_AddNumberToObject(item, "interface", 0);
		cJSON_AddStringToObject(item, "address", addresses[i]);
		cJSON_AddItemToArray(ips, item);
	}
	cJSON_AddObjectToObject(tree, "dns");
	return print_and_delete(tree);
}

char *result_print_error(const char *version, enum cni_code code, const char *message)
{
	cJSON *tree = cJSON_CreateObject();

	cJSON_AddStringToObject(tree, "cniVersion",
				version ? version : cni_version_name(CNI_VERSIONS - 1));
	cJSON_AddNumberToObject(tree, "code", code);
	cJSON_AddStringToObject(tree, "msg", message);
	return print_and_delete(tree);
}

char *result_print_versions(const char *version)
{
	cJSON *tree = cJSON_CreateObject();

	cJSON_AddStringToObject(tree, "cniVersion", version);
	cJSON *list = cJSON_AddArrayToObject(tree, "supportedVersions");
	for (int i = 0; i < CNI_VERSIONS; i++)
		cJSON_AddItemToArray(list,
				     cJSON_CreateString(cni_version_name((enum cni_version)i)));
	return print_and_delete(tree);
}

static const struct ip_range *find_range(const struct conf *conf, const struct ip_address *address)
{
	for (size_t i = 0; i < conf->set_count; i++)
		for (size_t j = 0; j < conf->sets[i].count; j++)
			if (prefix_contains(&conf->sets[i].ranges[j].subnet, address))
				return &conf->sets[i].ranges[j];
	return NULL;
}

/* Index of the interface that ADD made in the pod; -1: not told. */
static int find_interface(const cJSON *interfaces, const char *ifname, struct previous *previous)
{
	const cJSON *item;
	int index = 0;

	cJSON_ArrayForEach(item, interfaces)
	{
		if (strcmp(kinc_json_string(item, "name", ""), ifname) == 0 &&
		    *kinc_json_string(item, "sandbox", "")) {
			snprintf(previous->mac, sizeof(previous->mac), "%s",
				 kinc_json_string(item, "mac", ""));
			return index;
		}
		index++;
	}
	return -1;
}

int result_read_previous(const struct conf *conf, const char *ifname, struct previous *ret_previous,
			 struct kinc_error *err)
{
	struct previous previous = {0};
	const cJSON *item;

	if (!conf->prev_result)
		return kinc_error_set(err, EINVAL, "prevResult is missing: CHECK needs it");
	int pod = find_interface(kinc_json_get(conf->prev_result, "interfaces"), ifname, &previous);
	if (pod < 0)
		return kinc_error_set(err, EINVAL, "prevResult has no interface %s in a sandbox",
				      ifname);
	cJSON_ArrayForEach(item, kinc_json_get(conf->prev_result, "ips"))
	{
		const char *text = kinc_json_string(item, "address", "");
		struct ip_prefix prefix;
		/* Those of other plugins of the chain are not ours to judge. */
		if (kinc_json_number(item, "interface", pod) != pod)
			continue;
		if (prefix_parse(text, &prefix) < 0)
			return kinc_error_set(err, EINVAL,
					      "prevResult address \"%s\" is no ADDRESS/LENGTH",
					      text);
		const struct ip_range *range = find_range(conf, &prefix.address);
		if (!range || previous.count == CONF_SETS_MAX)
			return kinc_error_set(err, EINVAL,
					      "prevResult address %s is in no range of network %s",
					      text, conf->name);
		previous.leases[previous.count++] = (struct lease){prefix.address, range};
	}
	if (previous.count != conf->set_count)
		return kinc_error_set(err, EINVAL, "prevResult has %zu addresses of %s, not %zu",
				      previous.count, ifname, conf->set_count);
	*ret_previous = previous;
	return 0;
}
