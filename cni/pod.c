/* SPDX-License-Identifier: MIT */
#include "pod.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "netns.h"
#include "sysctl.h"

struct entry {
	struct pod *pod;
	enum pod_use use;
};

/* Of the interfaces to come. A kernel without IPv6 does not have it. */
static int refuse_redirects(struct kinc_error *err)
{
	struct kinc_error refused;
	int result = sysctl_set("/proc/sys/net/ipv6/conf/default/accept_redirects", '0', &refused);

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
	/* IPv6 has no switch for sending them: the node would tell of a way that is closed. */
	if (entry->use == POD_IPV6_ROUTED)
		result = refuse_redirects(err);
	if (result == 0)
		result = rtnl_open_monitor(&pod->monitor, RTMGRP_LINK | RTMGRP_IPV6_ROUTE, err);
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
