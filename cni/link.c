/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/veth.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "route.h"

static struct nl_msg *link_message(int type, int flags, int family, int index, unsigned up)
{
	struct ifinfomsg header = {
		.ifi_family = (unsigned char)family,
		.ifi_index = index,
		.ifi_flags = up,
		.ifi_change = up,
	};

	return rtnl_message(type, flags, &header, sizeof(header));
}

static void read_port(struct nlattr *info, struct link *link)
{
	struct nlattr *parts[IFLA_INFO_MAX + 1], *port[IFLA_BRPORT_MAX + 1];

	if (nla_parse_nested(parts, IFLA_INFO_MAX, info, NULL) < 0)
		return;
	if (parts[IFLA_INFO_KIND])
		nla_strlcpy(link->kind, parts[IFLA_INFO_KIND], sizeof(link->kind));
	if (!parts[IFLA_INFO_SLAVE_DATA] ||
	    nla_parse_nested(port, IFLA_BRPORT_MAX, parts[IFLA_INFO_SLAVE_DATA], NULL) < 0)
		return;
	link->hairpin = port[IFLA_BRPORT_MODE] && nla_get_u8(port[IFLA_BRPORT_MODE]);
	link->forwarding = port[IFLA_BRPORT_STATE] &&
			   nla_get_u8(port[IFLA_BRPORT_STATE]) == BR_STATE_FORWARDING;
	link->isolated = port[IFLA_BRPORT_ISOLATED] && nla_get_u8(port[IFLA_BRPORT_ISOLATED]);
	link->locked = port[IFLA_BRPORT_LOCKED] && nla_get_u8(port[IFLA_BRPORT_LOCKED]);
}

static int read_link(struct nlmsghdr *message, void *context)
{
	struct link *link = context;
	struct nlattr *told[IFLA_MAX + 1];
	const struct ifinfomsg *header = nlmsg_data(message);

	if (message->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(message, sizeof(*header), told, IFLA_MAX, NULL) < 0)
		return -EBADMSG;
	link->index = header->ifi_index;
	link->up = header->ifi_flags & IFF_UP;
	link->promiscuous = header->ifi_flags & IFF_PROMISC;
	link->running = header->ifi_flags & IFF_RUNNING;
	if (told[IFLA_IFNAME])
		nla_strlcpy(link->name, told[IFLA_IFNAME], sizeof(link->name));
	if (told[IFLA_ADDRESS] && nla_len(told[IFLA_ADDRESS]) == sizeof(link->mac))
		memcpy(link->mac, nla_data(told[IFLA_ADDRESS]), sizeof(link->mac));
	if (told[IFLA_MTU])
		link->mtu = nla_get_u32(told[IFLA_MTU]);
	if (told[IFLA_MASTER])
		link->master = (int)nla_get_u32(told[IFLA_MASTER]);
	if (told[IFLA_LINKINFO])
		read_port(told[IFLA_LINKINFO], link);
	return 0;
}

int link_get(struct rtnl *rtnl, const char *name, struct link *ret_link, struct kinc_error *err)
{
	struct nl_msg *message = link_message(RTM_GETLINK, 0, AF_UNSPEC, 0, 0);
	struct link link = {0};
	int result;

	if (message)
		nla_put_string(message, IFLA_IFNAME, name);
	result = rtnl_call(rtnl, message, read_link, &link, err);
	if (result == 0)
		*ret_link = link;
	else
		kinc_error_prefix(err, "interface %s", name);
	return result;
}

int link_get_index(struct rtnl *rtnl, int index, struct link *ret_link, struct kinc_error *err)
{
	struct link link = {0};
	int result = rtnl_call(rtnl, link_message(RTM_GETLINK, 0, AF_UNSPEC, index, 0), read_link,
			       &link, err);

	if (result == 0)
		*ret_link = link;
	return result;
}

int link_create_bridge(struct rtnl *rtnl, const char *name, const unsigned char mac[6],
		       struct kinc_error *err)
{
	struct nl_msg *message =
		link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, AF_UNSPEC, 0, 0);
	int result;

	if (message) {
		nla_put_string(message, IFLA_IFNAME, name);
		nla_put(message, IFLA_ADDRESS, 6, mac);
		struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO);
		nla_put_string(message, IFLA_INFO_KIND, "bridge");
		nla_nest_end(message, info);
	}
	result = rtnl_call(rtnl, message, NULL, NULL, err);
	if (result < 0)
		kinc_error_prefix(err, "cannot create bridge %s", name);
	return result;
}

int link_create_veth(struct rtnl *rtnl, const struct link_veth *veth, struct kinc_error *err)
{
	/* The peer can't be created up: its open wants the other end to be there. */
	static const struct ifinfomsg peer_header = {.ifi_family = AF_UNSPEC};
	struct nl_msg *message =
		link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, AF_UNSPEC, 0, IFF_UP);
	int result;

	if (message) {
		nla_put_string(message, IFLA_IFNAME, veth->name);
		if (veth->bridge)
			nla_put_u32(message, IFLA_MASTER, (unsigned)veth->bridge);
		if (veth->mtu)
			nla_put_u32(message, IFLA_MTU, veth->mtu);
		struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO);
		nla_put_string(message, IFLA_INFO_KIND, "veth");
		struct nlattr *data = nla_nest_start(message, IFLA_INFO_DATA);
		struct nlattr *peer = nla_nest_start(message, VETH_INFO_PEER);
		nlmsg_append(message, (void *)&peer_header, sizeof(peer_header), NLMSG_ALIGNTO);
		nla_put_string(message, IFLA_IFNAME, veth->peer);
		nla_put_u32(message, IFLA_NET_NS_FD, (unsigned)veth->peer_netns);
		if (veth->peer_mac)
			nla_put(message, IFLA_ADDRESS, 6, veth->peer_mac);
		if (veth->mtu)
			nla_put_u32(message, IFLA_MTU, veth->mtu);
		nla_nest_end(message, peer);
		nla_nest_end(message, data);
		nla_nest_end(message, info);
	}
	result = rtnl_call(rtnl, message, NULL, NULL, err);
	if (result < 0)
		kinc_error_prefix(err, "cannot create %s and its peer %s", veth->name, veth->peer);
	return result;
}

int link_set_port(struct rtnl *rtnl, int index, const struct link_port *port,
		  struct kinc_error *err)
{
	struct nl_msg *message = link_message(RTM_SETLINK, 0, AF_BRIDGE, index, 0);
	int result;

	if (message) {
		struct nlattr *info = nla_nest_start(message, IFLA_PROTINFO);
		nla_put_u8(message, IFLA_BRPORT_MODE, port->hairpin);
		nla_put_u8(message, IFLA_BRPORT_ISOLATED, port->isolated);
		nla_put_u8(message, IFLA_BRPORT_LOCKED, port->locked);
		nla_nest_end(message, info);
	}
	result = rtnl_call(rtnl, message, NULL, NULL, err);
	if (result < 0)
		kinc_error_prefix(err, "cannot set hairpin mode, isolation or lock of a port");
	return result;
}

int link_add_station(struct rtnl *rtnl, int index, const unsigned char mac[6],
		     struct kinc_error *err)
{
	struct ndmsg header = {
		.ndm_family = AF_BRIDGE,
		.ndm_ifindex = index,
		.ndm_state = NUD_NOARP,
		.ndm_flags = NTF_MASTER,
	};
	struct nl_msg *message =
		rtnl_message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));

	if (message)
		nla_put(message, NDA_LLADDR, 6, mac);
	int result = rtnl_call(rtnl, message, NULL, NULL, err);
	if (result < 0)
		kinc_error_prefix(err, "cannot bind the pod's MAC to its port");
	return result;
}

int link_set_mtu(struct rtnl *rtnl, int index, unsigned mtu, struct kinc_error *err)
{
	struct nl_msg *message = link_message(RTM_NEWLINK, 0, AF_UNSPEC, index, 0);

	if (message)
		nla_put_u32(message, IFLA_MTU, mtu);
	int result = rtnl_call(rtnl, message, NULL, NULL, err);
	if (result < 0)
		kinc_error_prefix(err, "cannot set the MTU of interface %d", index);
	return result;
}

int link_set_up(struct rtnl *rtnl, int index, struct kinc_error *err)
{
	int result = rtnl_call(rtnl, link_message(RTM_NEWLINK, 0, AF_UNSPEC, index, IFF_UP), NULL,
			       NULL, err);

	if (result < 0)
		kinc_error_prefix(err, "cannot set interface %d up", index);
	return result;
}

int link_set_promiscuous(struct rtnl *rtnl, int index, struct kinc_error *err)
{
	int result = rtnl_call(rtnl, link_message(RTM_NEWLINK, 0, AF_UNSPEC, index, IFF_PROMISC),
			       NULL, NULL, err);

	if (result < 0)
		kinc_error_prefix(err, "cannot set interface %d promiscuous", index);
	return result;
}

struct setting {
	int name; /* IPV4_DEVCONF_* */
	uint32_t value;
};

/* What /proc/sys/net/ipv4/conf/LINK has, as part of a message about the link. */
static void put_settings(struct nl_msg *message, const struct setting *settings, size_t count)
{
	struct nlattr *families = nla_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *inet = nla_nest_start(message, AF_INET);
	struct nlattr *conf = nla_nest_start(message, IFLA_INET_CONF);

	for (size_t i = 0; i < count; i++)
		nla_put_u32(message, settings[i].name, settings[i].value);
	nla_nest_end(message, conf);
	nla_nest_end(message, inet);
	nla_nest_end(message, families);
}

int link_set_strict(struct rtnl *rtnl, int index, struct kinc_error *err)
{
	static const struct setting settings[] = {{IPV4_DEVCONF_RP_FILTER, 1},
						  {IPV4_DEVCONF_SEND_REDIRECTS, 0}};
	struct nl_msg *message = link_message(RTM_NEWLINK, 0, AF_UNSPEC, index, 0);

	if (message)
		put_settings(message, settings, sizeof(settings) / sizeof(*settings));
	int result = rtnl_call(rtnl, message, NULL, NULL, err);
	if (result < 0)
		kinc_error_prefix(err, "cannot set how interface %d filters", index);
	return result;
}

int link_set_up_notifying(struct rtnl *rtnl, int index, struct kinc_error *err)
{
	static const struct setting notify = {IPV4_DEVCONF_ARP_NOTIFY, 1};
	struct nl_msg *message = link_message(RTM_NEWLINK, 0, AF_UNSPEC, index, IFF_UP);

	if (message)
		put_settings(message, &notify, 1);
	int result = rtnl_call(rtnl, message, NULL, NULL, err);
	if (result < 0)
		kinc_error_prefix(err, "cannot set interface %d up", index);
	return result;
}

int link_notify(struct rtnl *rtnl, const struct link *link, struct kinc_error *err)
{
	struct nl_msg *message = link_message(RTM_NEWLINK, 0, AF_UNSPEC, link->index, 0);

	if (message)
		nla_put(message, IFLA_ADDRESS, sizeof(link->mac), link->mac);
	return rtnl_call(rtnl, message, NULL, NULL, err);
}

int64_t link_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int link_wait_ready(struct rtnl *rtnl, struct rtnl *monitor, struct link *port, struct link *bridge,
		    int timeout_ms, struct kinc_error *err)
{
	int64_t end = link_now_ms() + timeout_ms;
	int result = 0;

	for (;;) {
		if (!port->running || (bridge && !port->forwarding))
			result = link_get(rtnl, port->name, port, err);
		bool ready = bridge ? port->forwarding : port->running;
		if (result == 0 && ready && bridge && !bridge->running)
			result = link_get(rtnl, bridge->name, bridge, err);
		int left = (int)(end - link_now_ms());
		if (result < 0 || (ready && (!bridge || bridge->running)) || left <= 0)
			return result;
		rtnl_wait(monitor, left);
	}
}

int link_delete(struct rtnl *rtnl, const char *name, struct kinc_error *err)
{
	struct nl_msg *message = link_message(RTM_DELLINK, 0, AF_UNSPEC, 0, 0);
	int result;

	if (message)
		nla_put_string(message, IFLA_IFNAME, name);
	result = rtnl_call(rtnl, message, NULL, NULL, err);
	if (result < 0)
		kinc_error_prefix(err, "cannot delete %s", name);
	return result;
}
