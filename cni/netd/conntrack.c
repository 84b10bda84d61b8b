/* SPDX-License-Identifier: MIT */
#include "conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "alloc.h"

/* One direction of a connection. */
struct tuple {
	struct ip_address source, destination;
	int protocol;
	unsigned source_port, destination_port;
};

struct victim {
	unsigned char family;
	uint16_t zone;
	uint32_t id;
	size_t size;
	unsigned char *origin; /* attributes of the tuple, as the kernel gave them */
};

struct hunt {
	conntrack_forbidden *forbidden;
	void *context;
	struct victim *list;
	size_t count, capacity;
};

static bool read_address(struct nlattr *attribute, int family, struct ip_address *address)
{
	*address = (struct ip_address){.family = family};
	if (!attribute || nla_len(attribute) < (int)ip_size(family))
		return false;
	memcpy(address->bytes, nla_data(attribute), ip_size(family));
	return true;
}

static unsigned read_port(struct nlattr *attribute)
{
	uint16_t port;

	if (!attribute || nla_len(attribute) < (int)sizeof(port))
		return 0;
	memcpy(&port, nla_data(attribute), sizeof(port));
	return ntohs(port);
}

static bool read_tuple(struct nlattr *attribute, int family, struct tuple *tuple)
{
	bool v4 = family == AF_INET;
	struct nlattr *ip, *protocol, *number;

	if (!attribute)
		return false;
	ip = nla_find(nla_data(attribute), nla_len(attribute), CTA_TUPLE_IP);
	protocol = nla_find(nla_data(attribute), nla_len(attribute), CTA_TUPLE_PROTO);
	if (!ip || !protocol)
		return false;
	number = nla_find(nla_data(protocol), nla_len(protocol), CTA_PROTO_NUM);
	tuple->protocol = number && nla_len(number) >= 1 ? *(unsigned char *)nla_data(number) : 0;
	tuple->source_port =
		read_port(nla_find(nla_data(protocol), nla_len(protocol), CTA_PROTO_SRC_PORT));
	tuple->destination_port =
		read_port(nla_find(nla_data(protocol), nla_len(protocol), CTA_PROTO_DST_PORT));
	return read_address(nla_find(nla_data(ip), nla_len(ip), v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC),
			    family, &tuple->source) &&
	       read_address(nla_find(nla_data(ip), nla_len(ip), v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST),
			    family, &tuple->destination);
}

static void look(void *context, const struct nlmsghdr *message)
{
	struct hunt *hunt = context;
	const struct nfgenmsg *header = nlmsg_data(message);
	struct nlmsghdr *whole = (struct nlmsghdr *)message;
	struct tuple origin, reply;
	int family = header->nfgen_family;

	if (family != AF_INET && family != AF_INET6)
		return;
	struct nlattr *first = nlmsg_find_attr(whole, sizeof(*header), CTA_TUPLE_ORIG);
	struct nlattr *id = nlmsg_find_attr(whole, sizeof(*header), CTA_ID);
	struct nlattr *zone = nlmsg_find_attr(whole, sizeof(*header), CTA_ZONE);
	if (!id || nla_len(id) < 4 || !read_tuple(first, family, &origin) ||
	    !read_tuple(nlmsg_find_attr(whole, sizeof(*header), CTA_TUPLE_REPLY), family, &reply))
		return;
	/* Who answers is who the service led to. */
	const struct flow flow = {
		.source = origin.source,
		.destination = reply.source,
		.protocol = origin.protocol,
		.port = reply.source_port,
	};
	if (!hunt->forbidden(hunt->context, &flow))
		return;
	hunt->list = alloc_grow(hunt->list, hunt->count, &hunt->capacity, sizeof(*hunt->list));
	struct victim *victim = &hunt->list[hunt->count++];
	*victim = (struct victim){
		.family = (unsigned char)family,
		.id = nla_get_u32(id),
		.zone = zone && nla_len(zone) >= 2 ? nla_get_u16(zone) : 0,
		.size = (size_t)nla_len(first),
		.origin = alloc((size_t)nla_len(first), 1),
	};
	memcpy(victim->origin, nla_data(first), victim->size);
}

/* By its id too: the same addresses and ports may be another connection by now. */
static int forget(struct nfnl *nfnl, const struct victim *victim, struct kinc_error *err)
{
	struct nl_msg *message = nfnl_message(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE,
					      NLM_F_ACK, victim->family);

	if (nla_put(message, CTA_TUPLE_ORIG | NLA_F_NESTED, (int)victim->size, victim->origin) <
		    0 ||
	    nla_put_u32(message, CTA_ID, victim->id) < 0 ||
	    (victim->zone && nla_put_u16(message, CTA_ZONE, victim->zone) < 0))
		alloc_must(NULL);
	int status = nfnl_ask(nfnl, message, NULL, NULL, err);
	nlmsg_free(message);
	return status == -ENOENT ? 0 : status;
}

int conntrack_cut(struct nfnl *nfnl, conntrack_forbidden *visit, void *context,
		  struct kinc_error *err)
{
	struct hunt hunt = {.forbidden = visit, .context = context};
	struct nl_msg *message = nfnl_message(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET, NLM_F_DUMP,
					      AF_UNSPEC);
	int status = nfnl_ask(nfnl, message, look, &hunt, err);

	nlmsg_free(message);
	for (size_t i = 0; i < hunt.count; i++) {
		if (status == 0)
			status = forget(nfnl, &hunt.list[i], err);
		free(hunt.list[i].origin);
	}
	free(hunt.list);
	return status < 0 ? status : (int)hunt.count;
}
