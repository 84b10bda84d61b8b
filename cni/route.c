/* SPDX-License-Identifier: MIT */
#include "route.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static int put_address(struct nl_msg *message, int attribute, const struct ip_address *address)
{
	return nla_put(message, attribute, (int)ip_size(address->family), address->bytes);
}

int address_add(struct rtnl *rtnl, int index, const struct ip_prefix *prefix, bool on_link,
		struct kinc_error *err)
{
	int family = prefix->address.family;
	struct ifaddrmsg header = {
		.ifa_family = (unsigned char)family,
		.ifa_prefixlen = (unsigned char)prefix->length,
		.ifa_index = (unsigned)index,
	};
	/* Addresses come from the lease: nobody else has them, no second of DAD. */
	unsigned flags = family == AF_INET6 ? IFA_F_NODAD : 0;
	struct nl_msg *message =
		rtnl_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	char text[IP_TEXT_MAX];
	int result;

	if (message) {
		nla_put_u32(message, IFA_FLAGS, on_link ? flags : flags | IFA_F_NOPREFIXROUTE);
		put_address(message, IFA_LOCAL, &prefix->address);
		put_address(message, IFA_ADDRESS, &prefix->address);
		if (family == AF_INET) {
			struct ip_address broadcast = prefix_last(prefix);
			put_address(message, IFA_BROADCAST, &broadcast);
		}
	}
	result = rtnl_call(rtnl, message, NULL, NULL, err);
	if (result < 0)
		kinc_error_prefix(err, "cannot add address %s", prefix_format(prefix, text));
	return result;
}

int address_delete(struct rtnl *rtnl, int index, const struct ip_prefix *prefix,
		   struct kinc_error *err)
{
	struct ifaddrmsg header = {
		.ifa_family = (unsigned char)prefix->address.family,
		.ifa_prefixlen = (unsigned char)prefix->length,
		.ifa_index = (unsigned)index,
	};
	struct nl_msg *message = rtnl_message(RTM_DELADDR, 0, &header, sizeof(header));
	char text[IP_TEXT_MAX];

	if (message)
		put_address(message, IFA_LOCAL, &prefix->address);
	int result = rtnl_call(rtnl, message, NULL, NULL, err);
	if (result < 0)
		kinc_error_prefix(err, "cannot remove address %s", prefix_format(prefix, text));
	return result;
}

static unsigned route_table(const struct conf_route *route)
{
	return route->table ? route->table : RT_TABLE_MAIN;
}

int route_add(struct rtnl *rtnl, int index, const struct conf_route *route,
	      const struct ip_address *gateway, struct kinc_error *err)
{
	return route_add_from(rtnl, index, route, gateway, NULL, err);
}

int route_add_from(struct rtnl *rtnl, int index, const struct conf_route *route,
		   const struct ip_address *gateway, const struct ip_address *source,
		   struct kinc_error *err)
{
	const struct ip_prefix *destination = &route->destination;
	struct rtmsg header = {
		.rtm_family = (unsigned char)destination->address.family,
		.rtm_dst_len = (unsigned char)destination->length,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	struct ip_address network = prefix_first(destination);
	char text[IP_TEXT_MAX];
	int result;

	if (route->scope >= 0)
		header.rtm_scope = (unsigned char)route->scope;
	struct nl_msg *message =
		rtnl_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	if (message) {
		if (destination->length)
			put_address(message, RTA_DST, &network);
		if (gateway)
			put_address(message, RTA_GATEWAY, gateway);
		if (source)
			put_address(message, RTA_PREFSRC, source);
		nla_put_u32(message, RTA_OIF, (unsigned)index);
		nla_put_u32(message, RTA_TABLE, route_table(route));
		if (route->priority)
			nla_put_u32(message, RTA_PRIORITY, route->priority);
		struct nlattr *metrics = nla_nest_start(message, RTA_METRICS);
		if (route->mtu)
			nla_put_u32(message, RTAX_MTU, route->mtu);
		if (route->advmss)
			nla_put_u32(message, RTAX_ADVMSS, route->advmss);
		nla_nest_end(message, metrics);
	}
	result = rtnl_call(rtnl, message, NULL, NULL, err);
	if (result < 0)
		kinc_error_prefix(err, "cannot add route %s", prefix_format(destination, text));
	return result;
}

int neighbour_resolve(struct rtnl *rtnl, int index, const struct ip_address *address,
		      struct kinc_error *err)
{
	struct ndmsg header = {
		.ndm_family = (unsigned char)address->family,
		.ndm_ifindex = index,
		.ndm_flags = NTF_USE,
	};
	struct nl_msg *message = rtnl_message(RTM_NEWNEIGH, NLM_F_CREATE, &header, sizeof(header));

	if (message)
		put_address(message, NDA_DST, address);
	return rtnl_call(rtnl, message, NULL, NULL, err);
}

int neighbour_set(struct rtnl *rtnl, int index, const struct ip_address *address,
		  const unsigned char mac[6], struct kinc_error *err)
{
	struct ndmsg header = {
		.ndm_family = (unsigned char)address->family,
		.ndm_ifindex = index,
		.ndm_state = NUD_PERMANENT,
	};
	struct nl_msg *message =
		rtnl_message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));
	char text[IP_TEXT_MAX];

	if (message) {
		put_address(message, NDA_DST, address);
		nla_put(message, NDA_LLADDR, 6, mac);
	}
	int result = rtnl_call(rtnl, message, NULL, NULL, err);
	if (result < 0)
		kinc_error_prefix(err, "cannot bind %s to its link address",
				  ip_format(address, text));
	return result;
}

/* What a dump is searched for. */
struct wanted {
	int index;
	const struct ip_prefix *prefix;
	const struct conf_route *route;
	const struct ip_address *gateway;
	bool found;
};

static bool same_address(const struct nlattr *attribute, const struct ip_address *address)
{
	size_t size = ip_size(address->family);

	return attribute && (size_t)nla_len(attribute) == size &&
	       memcmp(nla_data(attribute), address->bytes, size) == 0;
}

static int match_address(struct nlmsghdr *message, void *context)
{
	struct wanted *wanted = context;
	const struct ifaddrmsg *header = nlmsg_data(message);
	struct nlattr *told[IFA_MAX + 1];

	if (nlmsg_parse(message, sizeof(*header), told, IFA_MAX, NULL) < 0)
		return -EBADMSG;
	/* IPv6 has IFA_LOCAL only with a peer. */
	if ((int)header->ifa_index == wanted->index &&
	    header->ifa_prefixlen == wanted->prefix->length &&
	    same_address(told[told[IFA_LOCAL] ? IFA_LOCAL : IFA_ADDRESS], &wanted->prefix->address))
		wanted->found = true;
	return 0;
}

static unsigned read_u32(const struct nlattr *attribute)
{
	return attribute && nla_len(attribute) == sizeof(uint32_t) ? nla_get_u32(attribute) : 0;
}

/* An unset wish is met by anything: the kernel has defaults of its own. */
static bool as_asked(unsigned wish, unsigned value)
{
	return wish == 0 || wish == value;
}

static int match_route(struct nlmsghdr *message, void *context)
{
	struct wanted *wanted = context;
	const struct conf_route *route = wanted->route;
	const struct rtmsg *header = nlmsg_data(message);
	struct nlattr *told[RTA_MAX + 1], *metrics[RTAX_MAX + 1] = {NULL};
	struct ip_address network = prefix_first(&route->destination);

	if (nlmsg_parse(message, sizeof(*header), told, RTA_MAX, NULL) < 0 ||
	    (told[RTA_METRICS] && nla_parse_nested(metrics, RTAX_MAX, told[RTA_METRICS], NULL) < 0))
		return -EBADMSG;
	if (read_u32(told[RTA_TABLE]) == route_table(route) &&
	    header->rtm_dst_len == route->destination.length &&
	    (header->rtm_dst_len == 0 || same_address(told[RTA_DST], &network)) &&
	    (int)read_u32(told[RTA_OIF]) == wanted->index &&
	    (wanted->gateway ? same_address(told[RTA_GATEWAY], wanted->gateway)
			     : !told[RTA_GATEWAY]) &&
	    as_asked(route->priority, read_u32(told[RTA_PRIORITY])) &&
	    as_asked(route->mtu, read_u32(metrics[RTAX_MTU])) &&
	    as_asked(route->advmss, read_u32(metrics[RTAX_ADVMSS])))
		wanted->found = true;
	return 0;
}

int address_check(struct rtnl *rtnl, int index, const struct ip_prefix *prefix,
		  struct kinc_error *err)
{
	struct ifaddrmsg header = {.ifa_family = (unsigned char)prefix->address.family,
				   .ifa_index = (unsigned)index};
	struct wanted wanted = {.index = index, .prefix = prefix};
	char text[IP_TEXT_MAX];
	int result = rtnl_call(rtnl, rtnl_message(RTM_GETADDR, NLM_F_DUMP, &header, sizeof(header)),
			       match_address, &wanted, err);

	if (result == 0 && !wanted.found)
		return kinc_error_set(err, ENOENT, "address %s is missing",
				      prefix_format(prefix, text));
	return result;
}

int route_check(struct rtnl *rtnl, int index, const struct conf_route *route,
		const struct ip_address *gateway, struct kinc_error *err)
{
	struct rtmsg header = {.rtm_family = (unsigned char)route->destination.address.family};
	struct wanted wanted = {.index = index, .route = route, .gateway = gateway};
	char text[IP_TEXT_MAX];
	int result =
		rtnl_call(rtnl, rtnl_message(RTM_GETROUTE, NLM_F_DUMP, &header, sizeof(header)),
			  match_route, &wanted, err);

	if (result == 0 && !wanted.found)
		return kinc_error_set(err, ENOENT, "route %s is missing",
				      prefix_format(&route->destination, text));
	return result;
}

static int read_type(struct nlmsghdr *message, void *context)
{
	const struct rtmsg *header = nlmsg_data(message);

	if (message->nlmsg_type != RTM_NEWROUTE)
		return -EBADMSG;
	*(bool *)context = header->rtm_type == RTN_LOCAL;
	return 0;
}

int address_is_received(struct rtnl *rtnl, const struct ip_address *address, bool *ret,
			struct kinc_error *err)
{
	struct rtmsg header = {
		.rtm_family = (unsigned char)address->family,
		.rtm_dst_len = (unsigned char)(ip_size(address->family) * 8),
	};
	struct nl_msg *message = rtnl_message(RTM_GETROUTE, 0, &header, sizeof(header));

	if (message)
		put_address(message, RTA_DST, address);
	return rtnl_call(rtnl, message, read_type, ret, err);
}

struct uplink {
	int index;
	unsigned priority;
};

static int match_default(struct nlmsghdr *message, void *context)
{
	struct uplink *uplink = context;
	const struct rtmsg *header = nlmsg_data(message);
	struct nlattr *told[RTA_MAX + 1];

	if (nlmsg_parse(message, sizeof(*header), told, RTA_MAX, NULL) < 0)
		return -EBADMSG;
	unsigned priority = read_u32(told[RTA_PRIORITY]);
	if (header->rtm_table == RT_TABLE_MAIN && header->rtm_type == RTN_UNICAST &&
	    header->rtm_dst_len == 0 && told[RTA_OIF] &&
	    (!uplink->index || priority < uplink->priority))
		*uplink = (struct uplink){(int)read_u32(told[RTA_OIF]), priority};
	return 0;
}

int route_uplink(struct rtnl *rtnl, int *ret_index, struct kinc_error *err)
{
	static const unsigned char families[] = {AF_INET, AF_INET6};
	struct uplink uplink = {0};
	int result = 0;

	for (size_t i = 0; result == 0 && !uplink.index && i < sizeof(families); i++) {
		struct rtmsg header = {.rtm_family = families[i]};
		result = rtnl_call(rtnl,
				   rtnl_message(RTM_GETROUTE, NLM_F_DUMP, &header, sizeof(header)),
				   match_default, &uplink, err);
	}
	if (result == 0)
		*ret_index = uplink.index;
	return result;
}

struct each_address {
	int index;
	address_visit *visit;
	void *context;
};

static int visit_address(struct nlmsghdr *message, void *context)
{
	struct each_address *each = context;
	const struct ifaddrmsg *header = nlmsg_data(message);
	struct ip_prefix prefix = {.address.family = header->ifa_family,
				   .length = header->ifa_prefixlen};
	struct nlattr *told[IFA_MAX + 1];

	if (nlmsg_parse(message, sizeof(*header), told, IFA_MAX, NULL) < 0)
		return -EBADMSG;
	const struct nlattr *address = told[told[IFA_LOCAL] ? IFA_LOCAL : IFA_ADDRESS];
	/* Kernels before 4.20 tell of every link. */
	if ((int)header->ifa_index != each->index || !address ||
	    (size_t)nla_len(address) != ip_size(header->ifa_family))
		return 0;
	memcpy(prefix.address.bytes, nla_data(address), ip_size(header->ifa_family));
	each->visit(&prefix, each->context);
	return 0;
}

int address_each(struct rtnl *rtnl, int index, address_visit *visit, void *context,
		 struct kinc_error *err)
{
	struct ifaddrmsg header = {.ifa_family = AF_UNSPEC, .ifa_index = (unsigned)index};
	struct each_address each = {index, visit, context};

	return rtnl_call(rtnl, rtnl_message(RTM_GETADDR, NLM_F_DUMP, &header, sizeof(header)),
			 visit_address, &each, err);
}
