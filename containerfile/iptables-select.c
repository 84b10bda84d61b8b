/* SPDX-License-Identifier: MIT */
/*
 * Stands in PATH before iptables, iptables-save, iptables-restore and their
 * ip6tables brothers, and becomes the one of Debian's two that this kernel can
 * serve: nftables' where the kernel has its NAT chains for the family, else
 * the legacy one. Rules of both at once would be applied one after the other,
 * so all callers in a network namespace must come to the same answer:
 * kincnet in the node, kube-proxy in its pod, portmap.
 *
 * The question is put to the kernel as `nft --check` does: a transaction
 * without its end is examined in full and then undone.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#define PROBE_NAME "kinc-probe"
#define PRIORITY_SRCNAT 100

static const char nft[] = "/usr/sbin/xtables-nft-multi";
static const char legacy[] = "/usr/sbin/xtables-legacy-multi";

struct batch {
	_Alignas(struct nlmsghdr) unsigned char bytes[512];
	size_t used;
};

static void *batch_add(struct batch *batch, size_t size)
{
	void *at = batch->bytes + batch->used;

	batch->used += NLMSG_ALIGN(size);
	return at;
}

static struct nlmsghdr *message_begin(struct batch *batch, unsigned int type, unsigned int flags,
				      int family, unsigned int resource)
{
	struct nlmsghdr *header = batch_add(batch, sizeof(*header));
	struct nfgenmsg *generic = batch_add(batch, sizeof(*generic));

	header->nlmsg_type = (__u16)type;
	header->nlmsg_flags = (__u16)(NLM_F_REQUEST | flags);
	generic->nfgen_family = (__u8)family;
	generic->version = NFNETLINK_V0;
	generic->res_id = htons((__u16)resource);
	return header;
}

static void message_end(const struct batch *batch, struct nlmsghdr *header)
{
	header->nlmsg_len = (__u32)(batch->bytes + batch->used - (unsigned char *)header);
}

static struct nlattr *attribute_add(struct batch *batch, unsigned int type, const void *data,
				    size_t size)
{
	struct nlattr *attribute = batch_add(batch, NLA_HDRLEN + size);

	attribute->nla_type = (__u16)type;
	attribute->nla_len = (__u16)(NLA_HDRLEN + size);
	if (size > 0)
		memcpy((unsigned char *)attribute + NLA_HDRLEN, data, size);
	return attribute;
}

static void build(struct batch *batch, int family)
{
	const __be32 hook = htonl(NF_INET_POST_ROUTING), priority = htonl(PRIORITY_SRCNAT);
	const unsigned int subsystem = NFNL_SUBSYS_NFTABLES << 8;
	struct nlmsghdr *message;

	message = message_begin(batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	message_end(batch, message);

	message = message_begin(batch, subsystem | NFT_MSG_NEWTABLE, NLM_F_CREATE, family, 0);
	attribute_add(batch, NFTA_TABLE_NAME, PROBE_NAME, sizeof(PROBE_NAME));
	message_end(batch, message);

	/* A table of a family that the kernel lacks can be made, its chains cannot. */
	message = message_begin(batch, subsystem | NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_ACK,
				family, 0);
	attribute_add(batch, NFTA_CHAIN_TABLE, PROBE_NAME, sizeof(PROBE_NAME));
	attribute_add(batch, NFTA_CHAIN_NAME, PROBE_NAME, sizeof(PROBE_NAME));
	struct nlattr *nest = attribute_add(batch, NFTA_CHAIN_HOOK | NLA_F_NESTED, NULL, 0);
	attribute_add(batch, NFTA_HOOK_HOOKNUM, &hook, sizeof(hook));
	attribute_add(batch, NFTA_HOOK_PRIORITY, &priority, sizeof(priority));
	nest->nla_len = (__u16)(batch->bytes + batch->used - (unsigned char *)nest);
	attribute_add(batch, NFTA_CHAIN_TYPE, "nat", sizeof("nat"));
	message_end(batch, message);
}

/* 0, or the negative errno by which the kernel refused; -EPERM tells nothing. */
static int ask(int family)
{
	struct batch batch = {.used = 0};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	const struct timeval patience = {.tv_sec = 5};
	/* The refused message follows, which nobody needs. */
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer = {0};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0)
		return -errno;
	build(&batch, family);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	ssize_t size =
		sendto(fd, batch.bytes, batch.used, 0, (struct sockaddr *)&kernel, sizeof(kernel));
	if (size >= 0)
		size = recv(fd, &answer, sizeof(answer), 0);
	int result = size < 0 ? -errno : answer.error.error;
	close(fd);
	if (size >= 0 && ((size_t)size < sizeof(answer.header) + sizeof(answer.error.error) ||
			  answer.header.nlmsg_type != NLMSG_ERROR))
		return -EPROTO;
	return result;
}

int main(int argc, char **argv)
{
	const char *name = argc > 0 ? argv[0] : "";
	const char *slash = strrchr(name, '/');
	int family = strncmp(slash ? slash + 1 : name, "ip6", 3) == 0 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	int refused = ask(family);
	bool has_nft = refused == 0 || refused == -EPERM;

	execv(has_nft ? nft : legacy, argv);
	/* A root may carry only one of them; its own complaint is the best one then. */
	execv(has_nft ? legacy : nft, argv);
	fprintf(stderr, "%s: neither %s nor %s can be run: %s\n", name, nft, legacy,
		strerror(errno));
	return 111;
}
