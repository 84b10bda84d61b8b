/* SPDX-License-Identifier: MIT */
#include "route.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <stdbool.h>
#include <string.h>

static int put_address(struct nl_msg *message, int attribute, const struct ip_address *address)
{
	return nla_put(message, attribute, (int)ip_size(address->family), address->bytes);
}

int address_add(struct rtnl *rtnl, int index, const struct ip_prefix *prefix,
		struct kinc_error *err)
{
	int family = prefix->address.family;
	struct ifaddrmsg header = {
		.ifa_family = (unsigned char)family,
		.ifa_prefixlen = (unsigned char)prefix->length,
		/* Addresses come from the lease: nobody else has them, no second of DAD. */
		.ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_index = (unsigned)index,
	};
	struct nl_msg *message =
		rtnl_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	char text[IP_TEXT_MAX];
	int result;

	if (message) {
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

int route_add(struct rtnl *rtnl, int index, const struct ip_prefix *destination,
	      const struct ip_address *gateway, struct kinc_error *err)
{
	struct rtmsg header = {
		.rtm_family = (unsigned char)destination->address.family,
		.rtm_dst_len = (unsigned char)destination->length,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	struct nl_msg *message =
		rtnl_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	struct ip_address network = prefix_first(destination);
	char text[IP_TEXT_MAX];
	int result;

	if (message) {
		if (destination->length)
			put_address(message, RTA_DST, &network);
		if (gateway)
			put_address(message, RTA_GATEWAY, gateway);
		nla_put_u32(message, RTA_OIF, (unsigned)index);
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

/* What a dump is searched for. */
struct wanted {
	int index;
	const struct ip_prefix *prefix;
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

static int match_route(struct nlmsghdr *message, void *context)
{
	struct wanted *wanted = context;
	const struct rtmsg *header = nlmsg_data(message);
	struct nlattr *told[RTA_MAX + 1];
	struct ip_address network = prefix_first(wanted->prefix);

	if (nlmsg_parse(message, sizeof(*header), told, RTA_MAX, NULL) < 0)
		return -EBADMSG;
	if (header->rtm_table == RT_TABLE_MAIN && header->rtm_dst_len == wanted->prefix->length &&
	    (header->rtm_dst_len == 0 || same_address(told[RTA_DST], &network)) && told[RTA_OIF] &&
	    (int)nla_get_u32(told[RTA_OIF]) == wanted->index &&
	    (wanted->gateway ? same_address(told[RTA_GATEWAY], wanted->gateway)
			     : !told[RTA_GATEWAY]))
		wanted->found = true;
	return 0;
}

int address_check(struct rtnl *rtnl, int index, const struct ip_prefix *prefix,
		  struct kinc_error *err)
{
	struct ifaddrmsg header = {.ifa_family = (unsigned char)prefix->address.family};
	struct wanted wanted = {.index = index, .prefix = prefix};
	char text[IP_TEXT_MAX];
	int result = rtnl_call(rtnl, rtnl_message(RTM_GETADDR, NLM_F_DUMP, &header, sizeof(header)),
			       match_address, &wanted, err);

	if (result == 0 && !wanted.found)
		return kinc_error_set(err, ENOENT, "address %s is missing",
				      prefix_format(prefix, text));
	return result;
}

int route_check(struct rtnl *rtnl, int index, const struct ip_prefix *destination,
		const struct ip_address *gateway, struct kinc_error *err)
{
	struct rtmsg header = {.rtm_family = (unsigned char)destination->address.family};
	struct wanted wanted = {.index = index, .prefix = destination, .gateway = gateway};
	char text[IP_TEXT_MAX];
	int result =
		rtnl_call(rtnl, rtnl_message(RTM_GETROUTE, NLM_F_DUMP, &header, sizeof(header)),
			  match_route, &wanted, err);

	if (result == 0 && !wanted.found)
		return kinc_error_set(err, ENOENT, "route %s is missing",
				      prefix_format(destination, text));
	return result;
}
