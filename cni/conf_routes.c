/* SPDX-License-Identifier: MIT */
#include "conf_routes.h"

#include <errno.h>
#include <limits.h>
#include <linux/rtnetlink.h>

#include "conf_json.h"
#include "conf_ranges.h"

static const char *const route_keys[] = {"dst",	     "gw",    "mtu",   "advmss",
					 "priority", "table", "scope", NULL};

static int read_numbers(const cJSON *object, struct conf_route *route, struct kinc_error *err)
{
	unsigned scope = RT_SCOPE_NOWHERE;
	const struct {
		const char *key;
		unsigned low, high, *value;
	} numbers[] = {
		{"mtu", 0, 65535, &route->mtu},
		{"advmss", 0, 65495, &route->advmss},
		{"priority", 0, UINT_MAX, &route->priority},
		{"table", 0, UINT_MAX, &route->table},
		{"scope", RT_SCOPE_UNIVERSE, RT_SCOPE_HOST, &scope},
	};
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(numbers) / sizeof(*numbers); i++)
		result = conf_get_integer(object, "ipam.routes ", numbers[i].key, numbers[i].low,
					  numbers[i].high, numbers[i].value, err);
	if (scope != RT_SCOPE_NOWHERE)
		route->scope = (int)scope;
	return result;
}

static int add_route(struct conf *conf, const cJSON *object, struct kinc_error *err)
{
	struct conf_route route = {.gateway.family = AF_UNSPEC, .scope = -1};
	const char *destination = NULL, *gateway = NULL;
	int result = conf_only_keys(object, "ipam.routes ", route_keys, err);

	if (result == 0)
		result = conf_get_string(object, "ipam.routes ", "dst", &destination, err);
	if (result == 0)
		result = conf_get_string(object, "ipam.routes ", "gw", &gateway, err);
	if (result == 0)
		result = read_numbers(object, &route, err);
	if (result < 0)
		return result;
	if (!destination || prefix_parse(destination, &route.destination) < 0)
		return kinc_error_set(err, EINVAL, "ipam.routes dst \"%s\" is no ADDRESS/LENGTH",
				      destination ? destination : "");
	if (gateway && *gateway && ip_parse(gateway, &route.gateway) < 0)
		return kinc_error_set(err, EINVAL, "ipam.routes gw \"%s\" is no address", gateway);

	int family = route.destination.address.family;
	if (route.gateway.family != AF_UNSPEC && route.gateway.family != family)
		return kinc_error_set(err, EINVAL, "ipam.routes %s and its gw %s differ in family",
				      destination, gateway);
	if (route.gateway.family != AF_UNSPEC && route.scope >= RT_SCOPE_LINK)
		return kinc_error_set(err, EINVAL, "ipam.routes %s: scope %d has no gw",
				      destination, route.scope);
	if (!conf_has_family(conf, family))
		return kinc_error_set(err, EINVAL, "ipam.routes %s: no range is of its family",
				      destination);
	if (conf->route_count == CONF_ROUTES_MAX)
		return kinc_error_set(err, EINVAL, "more than %d ipam.routes", CONF_ROUTES_MAX);
	conf->routes[conf->route_count++] = route;
	return 0;
}

/* isDefaultGateway is a route unless the configuration has one already. */
static int add_default_route(struct conf *conf, int family, struct kinc_error *err)
{
	if (!conf_has_family(conf, family))
		return 0;
	for (size_t i = 0; i < conf->route_count; i++)
		if (conf->routes[i].destination.address.family == family &&
		    conf->routes[i].destination.length == 0)
			return 0;
	if (conf->route_count == CONF_ROUTES_MAX)
		return kinc_error_set(err, EINVAL, "more than %d ipam.routes", CONF_ROUTES_MAX);
	conf->routes[conf->route_count++] = (struct conf_route){
		.destination.address.family = family, .gateway.family = AF_UNSPEC, .scope = -1};
	return 0;
}

int conf_parse_routes(struct conf *conf, const cJSON *ipam, struct kinc_error *err)
{
	const cJSON *routes = NULL, *object;
	int result = conf_get_array(ipam, "ipam.", "routes", &routes, err);

	cJSON_ArrayForEach(object, routes) if (result == 0) result = add_route(conf, object, err);
	if (result == 0 && conf->default_gateway)
		result = add_default_route(conf, AF_INET, err);
	if (result == 0 && conf->default_gateway)
		result = add_default_route(conf, AF_INET6, err);
	return result;
}
