/* SPDX-License-Identifier: MIT */
/* #syscalls setsockopt bind send */
#include "ipv6.h"

#include <errno.h>
#include <linux/if_link.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <sys/socket.h>

#include "route.h"

int ipv6_set_link_local(struct rtnl *rtnl, const struct link *link, struct kinc_error *err)
{
	const struct ifinfomsg header = {.ifi_index = link->index};
	struct nl_msg *message = rtnl_message(RTM_NEWLINK, 0, &header, sizeof(header));
	/* As the kernel makes it: RFC 4291, appendix A. */
	const struct ip_prefix prefix = {ip_link_local(link->mac), 64};

	if (message) {
		struct nlattr *families = nla_nest_start(message, IFLA_AF_SPEC);
		struct nlattr *inet6 = nla_nest_start(message, AF_INET6);
		nla_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
		nla_nest_end(message, inet6);
		nla_nest_end(message, families);
	}
	int result = rtnl_call(rtnl, message, NULL, NULL, err);
	if (result < 0)
		kinc_error_prefix(err, "cannot give %s a link-local address", link->name);
	else
		result = address_add(rtnl, link->index, &prefix, true, err);
	return result == -EEXIST ? 0 : result;
}

static int look(struct pod *pod, struct link *link, const struct ip_address *const *addresses,
		size_t count, bool *ret_ready, struct kinc_error *err)
{
	const struct ip_address local = ip_link_local(link->mac);
	int result = link->running ? 0 : link_get(&pod->rtnl, link->name, link, err);
	bool ready = link->running;

	if (result == 0 && ready)
		result = address_is_received(&pod->rtnl, &local, &ready, err);
	for (size_t i = 0; result == 0 && ready && i < count; i++)
		result = address_is_received(&pod->rtnl, addresses[i], &ready, err);
	/* No route to it yet. */
	if (result == -ENETUNREACH) {
		result = 0;
		ready = false;
	}
	*ret_ready = ready;
	return result;
}

int ipv6_wait_ready(struct pod *pod, struct link *link, const struct ip_address *const *addresses,
		    size_t count, int timeout_ms, struct kinc_error *err)
{
	int64_t end = link_now_ms() + timeout_ms;
	bool ready = false;

	for (;;) {
		int result = look(pod, link, addresses, count, &ready, err);
		int left = (int)(end - link_now_ms());
		if (result < 0 || ready || left <= 0)
			return result;
		rtnl_wait(&pod->monitor, left);
	}
}

void ipv6_announce(const struct pod *pod, const struct link *link, const struct ip_address *address)
{
	static const struct in6_addr everybody = {
		.s6_addr = {0xff, 2, [15] = 1}, /* all nodes of the link, ff02::1 */
	};
	static const int hops = 255, only_send = 1;
	struct {
		struct nd_neighbor_advert advert;
		unsigned char option, length, mac[6];
	} __attribute__((packed)) packet = {
		.advert.nd_na_type = ND_NEIGHBOR_ADVERT,
		.advert.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE,
		.option = ND_OPT_TARGET_LINKADDR,
		.length = 1,
	};
	struct sockaddr_in6 from = {.sin6_family = AF_INET6};
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_addr = everybody,
		.sin6_scope_id = (unsigned)link->index,
	};
	struct icmp6_filter nothing;

	if (pod->icmp6 < 0)
		return;
	ICMP6_FILTER_SETBLOCKALL(&nothing);
	memcpy(&from.sin6_addr, address->bytes, sizeof(from.sin6_addr));
	memcpy(&packet.advert.nd_na_target, address->bytes, sizeof(packet.advert.nd_na_target));
	memcpy(packet.mac, link->mac, sizeof(packet.mac));
	if (setsockopt(pod->icmp6, IPPROTO_ICMPV6, ICMP6_FILTER, &nothing, sizeof(nothing)) == 0 &&
	    setsockopt(pod->icmp6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) == 0 &&
	    setsockopt(pod->icmp6, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &only_send,
		       sizeof(only_send)) == 0 &&
	    bind(pod->icmp6, (struct sockaddr *)&from, sizeof(from)) == 0)
		(void)sendto(pod->icmp6, &packet, sizeof(packet), MSG_DONTWAIT,
			     (struct sockaddr *)&to, sizeof(to));
}
