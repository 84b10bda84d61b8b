/* SPDX-License-Identifier: MIT */
#include "gateway.h"

#include <errno.h>

#include "conf_ranges.h"
#include "route.h"

/* More addresses than these on one bridge are left for the next ADD to remove. */
#define STRANGERS_MAX 16

struct survey {
	const struct ip_range *ranges[CONF_SETS_MAX * CONF_RANGES_MAX];
	bool present[CONF_SETS_MAX * CONF_RANGES_MAX];
	size_t count;
	struct ip_prefix strangers[STRANGERS_MAX];
	size_t stranger_count;
};

static bool is_link_local(const struct ip_address *address)
{
	return address->family == AF_INET6 && address->bytes[0] == 0xfe &&
	       (address->bytes[1] & 0xc0) == 0x80;
}

static void look(const struct ip_prefix *prefix, void *context)
{
	struct survey *survey = context;
	bool stranger = false;

	for (size_t i = 0; i < survey->count; i++) {
		const struct ip_range *range = survey->ranges[i];
		if (ip_equal(&prefix->address, &range->gateway) &&
		    prefix->length == range->subnet.length) {
			survey->present[i] = true;
			return;
		}
		/* As the reference has it: of IPv4 addresses only ours. */
		if (prefix->address.family == range->gateway.family &&
		    (prefix->address.family == AF_INET ||
		     prefix_contains(prefix, &range->gateway) ||
		     prefix_contains(&range->subnet, &prefix->address)))
			stranger = true;
	}
	if (stranger && !is_link_local(&prefix->address) && survey->stranger_count < STRANGERS_MAX)
		survey->strangers[survey->stranger_count++] = *prefix;
}

int gateway_ensure(struct rtnl *rtnl, const struct conf *conf, int index, struct kinc_error *err)
{
	struct survey survey = {0};
	char text[IP_TEXT_MAX];

	survey.count = conf_list_ranges(conf, AF_INET, survey.ranges);
	survey.count += conf_list_ranges(conf, AF_INET6, survey.ranges + survey.count);
	int result = address_each(rtnl, index, look, &survey, err);
	for (size_t i = 0; result == 0 && i < survey.stranger_count; i++) {
		if (!conf->force_address)
			return kinc_error_set(err, EEXIST,
					      "bridge %s has the address %s already; with "
					      "forceAddress: true it makes way for the gateway",
					      conf->bridge,
					      prefix_format(&survey.strangers[i], text));
		result = address_delete(rtnl, index, &survey.strangers[i], err);
		/* Another ADD may have been faster. */
		if (result == -EADDRNOTAVAIL)
			result = 0;
	}
	for (size_t i = 0; result == 0 && i < survey.count; i++) {
		struct ip_prefix gateway = {survey.ranges[i]->gateway,
					    survey.ranges[i]->subnet.length};
		if (!survey.present[i])
			result = address_add(rtnl, index, &gateway, true, err);
		if (result == -EEXIST)
			result = 0;
	}
	return result;
}
