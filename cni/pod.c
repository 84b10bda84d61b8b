/* SPDX-License-Identifier: MIT */
#include "pod.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "netns.h"
#include "sysctl.h"

struct entry {
	struct pod *pod;
	enum pod_use use;
};

/* What a kernel without IPv6 does not have is not missed. */
static int set_default(const char *path, struct kinc_error *err)
{
	struct kinc_error refused;
	int result = sysctl_set(path, '0', &refused);

	if (result == -ENOENT || result == 0)
		return 0;
	return kinc_error_set(err, refused.code, "%s", refused.message);
}

static int inside(void *context, struct kinc_error *err)
{
	const struct entry *entry = context;
	struct pod *pod = entry->pod;
	int result = rtnl_open(&pod->rtnl, err);

	if (result < 0 || entry->use == POD_LOOK)
		return result;
	/* Nobody else can have the pod's link-local address. */
	result = set_default("/proc/sys/net/ipv6/conf/default/accept_dad", err);
	/* IPv6 has no switch for sending them: the node would tell of a way that is closed. */
	if (result == 0 && entry->use == POD_IPV6_ROUTED)
		result = set_default("/proc/sys/net/ipv6/conf/default/accept_redirects", err);
	if (result == 0)
		result = rtnl_open_monitor(&pod->monitor, err);
	if (result == 0)
		pod->icmp6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	return result;
}

int pod_open(struct pod *ret_pod, const char *path, enum pod_use use, struct kinc_error *err)
{
	cleanup_pod struct pod pod = POD_NONE;
	struct entry entry = {&pod, use};

	pod.netns = netns_open(path, err);
	if (pod.netns < 0)
		return pod.netns;
	int result = netns_run(pod.netns, inside, &entry, err);
	if (result < 0)
		return result;
	*ret_pod = pod;
	pod = POD_NONE;
	return 0;
}

void pod_close(struct pod *pod)
{
	kinc_cleanup_close(&pod->icmp6);
	rtnl_close(&pod->monitor);
	rtnl_close(&pod->rtnl);
	kinc_cleanup_close(&pod->netns);
	*pod = POD_NONE;
}

void pod_announce(const struct pod *pod, const struct link *link, const struct ip_address *address)
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
