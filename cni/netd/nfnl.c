/* SPDX-License-Identifier: MIT */
/* #syscalls socket bind getsockname setsockopt sendto sendmsg recvmsg recvfrom */
#include "nfnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/errno.h>

#include "alloc.h"
#include "policy_table.h"

/* Half of what a socket takes by default, and cannot be given more of in a user namespace. */
#define BATCH_MAX ((size_t)64 << 10)
#define ANSWER_MAX 65536
#define ANSWER_SECONDS 10

int nfnl_open(struct nfnl *nfnl, struct kinc_error *err)
{
	const struct timeval patience = {.tv_sec = ANSWER_SECONDS};

	*nfnl = (struct nfnl){.socket = alloc_must(nl_socket_alloc())};
	int status = nl_connect(nfnl->socket, NETLINK_NETFILTER);
	if (status < 0) {
		nfnl_close(nfnl);
		return kinc_error_set(err, EOPNOTSUPP, "the kernel has no nfnetlink: %s",
				      nl_geterror(status));
	}
	/* A kernel that does not answer must not stop the agent for good. */
	setsockopt(nl_socket_get_fd(nfnl->socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
	/* Only with as much as a user may have: libnl's default is too small for a batch. */
	nl_socket_set_buffer_size(nfnl->socket, 1 << 20, 1 << 18);
	return 0;
}

void nfnl_close(struct nfnl *nfnl)
{
	if (nfnl->socket)
		nl_socket_free(nfnl->socket);
	free(nfnl->batch);
	*nfnl = (struct nfnl){0};
}

struct nl_msg *nfnl_message(int subsystem, int type, int flags, int family)
{
	struct nfgenmsg header = {.nfgen_family = (unsigned char)family, .version = NFNETLINK_V0};
	struct nl_msg *message = alloc_must(nlmsg_alloc());

	alloc_must(nlmsg_put(message, 0, 0, subsystem << 8 | type, 0, NLM_F_REQUEST | flags));
	if (nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO) < 0)
		alloc_must(NULL);
	return message;
}

/* Takes the message. */
static void append(struct nfnl *nfnl, struct nl_msg *message)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	size_t size = NLMSG_ALIGN(header->nlmsg_len);

	header->nlmsg_seq = ++nfnl->sequence;
	if (nfnl->used + size > nfnl->capacity) {
		nfnl->capacity = nfnl->capacity ? nfnl->capacity * 2 : 4096;
		if (nfnl->capacity < nfnl->used + size)
			nfnl->capacity = nfnl->used + size;
		nfnl->batch = alloc_must(realloc(nfnl->batch, nfnl->capacity));
	}
	memcpy(nfnl->batch + nfnl->used, header, size);
	nfnl->used += size;
	nlmsg_free(message);
}

static void append_mark(struct nfnl *nfnl, int type)
{
	struct nl_msg *message = nfnl_message(0, type, 0, AF_UNSPEC);
	struct nfgenmsg *header = nlmsg_data(nlmsg_hdr(message));

	nlmsg_hdr(message)->nlmsg_type = (uint16_t)type;
	header->res_id = htons(NFNL_SUBSYS_NFTABLES);
	append(nfnl, message);
}

static void append_change(struct nfnl *nfnl, struct nl_msg *message)
{
	if (!nfnl->changes++)
		append_mark(nfnl, NFNL_MSG_BATCH_BEGIN);
	append(nfnl, message);
}

static void put_text(struct nl_msg *message, int attribute, const char *text)
{
	if (nla_put_string(message, attribute, text) < 0)
		alloc_must(NULL);
}

static void put_number(struct nl_msg *message, int attribute, uint32_t number)
{
	if (nla_put_u32(message, attribute, htonl(number)) < 0)
		alloc_must(NULL);
}

static struct nlattr *nest(struct nl_msg *message, int attribute)
{
	return alloc_must(nla_nest_start(message, attribute));
}

/* Fields of a concatenation begin at multiples of four bytes. */
static void put_key(struct nl_msg *message, const struct element *element)
{
	size_t size = ip_size(element->address.family), length = size;
	unsigned char key[2 * 16] = {0};
	uint16_t port = htons(element->port);

	memcpy(key, element->address.bytes, size);
	if (element->kind == ELEMENT_SELF) {
		memcpy(key + size, element->address.bytes, size);
		length += size;
	} else if (element->port) {
		memcpy(key + size, &port, sizeof(port));
		length += 4;
	}
	struct nlattr *nested = nest(message, NFTA_SET_ELEM_KEY);
	if (nla_put(message, NFTA_DATA_VALUE, (int)length, key) < 0)
		alloc_must(NULL);
	nla_nest_end(message, nested);
}

static void put_verdict(struct nl_msg *message, const char *prefix, const struct chain *chain)
{
	struct nlattr *data = nest(message, NFTA_SET_ELEM_DATA);
	struct nlattr *verdict = nest(message, NFTA_DATA_VERDICT);
	char name[SCRIPT_NAME_MAX];

	put_number(message, NFTA_VERDICT_CODE, chain ? (uint32_t)NFT_JUMP : NF_ACCEPT);
	if (chain) {
		snprintf(name, sizeof(name), "%s%c%u", prefix, chain->letter, chain->id);
		put_text(message, NFTA_VERDICT_CHAIN, name);
	}
	nla_nest_end(message, verdict);
	nla_nest_end(message, data);
}

static struct nl_msg *change(int type, int flags)
{
	return nfnl_message(NFNL_SUBSYS_NFTABLES, type, flags, NFPROTO_INET);
}

void nfnl_add_element(struct nfnl *nfnl, const char *prefix, const struct element *element)
{
	struct nl_msg *message = element->add ? change(NFT_MSG_NEWSETELEM, NLM_F_CREATE)
					      : change(NFT_MSG_DELSETELEM, 0);
	char name[SCRIPT_NAME_MAX];

	script_set_name(prefix, element, name);
	put_text(message, NFTA_SET_ELEM_LIST_TABLE, KINC_POLICY_TABLE_NAME);
	put_text(message, NFTA_SET_ELEM_LIST_SET, name);
	struct nlattr *list = nest(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	struct nlattr *one = nest(message, NFTA_LIST_ELEM);
	put_key(message, element);
	if (element->add && element->kind == ELEMENT_VERDICT)
		put_verdict(message, prefix, element->chain);
	nla_nest_end(message, one);
	nla_nest_end(message, list);
	append_change(nfnl, message);
}

static void append_named(struct nfnl *nfnl, int type, int table, int attribute, const char *name)
{
	struct nl_msg *message = change(type, 0);

	put_text(message, table, KINC_POLICY_TABLE_NAME);
	put_text(message, attribute, name);
	append_change(nfnl, message);
}

void nfnl_flush_chain(struct nfnl *nfnl, const char *name)
{
	append_named(nfnl, NFT_MSG_DELRULE, NFTA_RULE_TABLE, NFTA_RULE_CHAIN, name);
}

void nfnl_delete_chain(struct nfnl *nfnl, const char *name)
{
	append_named(nfnl, NFT_MSG_DELCHAIN, NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME, name);
}

void nfnl_delete_set(struct nfnl *nfnl, const char *name)
{
	append_named(nfnl, NFT_MSG_DELSET, NFTA_SET_TABLE, NFTA_SET_NAME, name);
}

void nfnl_delete_counter(struct nfnl *nfnl, const char *name)
{
	struct nl_msg *message = change(NFT_MSG_DELOBJ, 0);

	put_text(message, NFTA_OBJ_TABLE, KINC_POLICY_TABLE_NAME);
	put_text(message, NFTA_OBJ_NAME, name);
	put_number(message, NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
	append_change(nfnl, message);
}

bool nfnl_full(const struct nfnl *nfnl)
{
	return nfnl->used >= BATCH_MAX;
}

bool nfnl_bursting(const struct nfnl *nfnl)
{
	return nfnl->used >= 2 * BATCH_MAX;
}

static int send_all(struct nfnl *nfnl, void *data, size_t size, struct kinc_error *err)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t sent;

	do
		sent = sendto(nl_socket_get_fd(nfnl->socket), data, size, 0,
			      (struct sockaddr *)&kernel, sizeof(kernel));
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? kinc_error_errno(err, errno, "cannot send %zu bytes to nfnetlink", size)
			: 0;
}

/* Messages that answer sequences from first on, until last is acknowledged or fails. */
static int receive(struct nfnl *nfnl, uint32_t first, uint32_t last, nfnl_visit *visit,
		   void *context, struct kinc_error *err)
{
	static char answer[ANSWER_MAX];

	for (;;) {
		ssize_t size = recv(nl_socket_get_fd(nfnl->socket), answer, sizeof(answer), 0);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return kinc_error_errno(err, errno, "nfnetlink does not answer");
		int left = (int)size;
		for (struct nlmsghdr *message = (struct nlmsghdr *)answer; nlmsg_ok(message, left);
		     message = nlmsg_next(message, &left)) {
			/* Of a commit that was given up: not ours. */
			if (message->nlmsg_seq < first || message->nlmsg_seq > last)
				continue;
			if (message->nlmsg_type == NLMSG_DONE)
				return 0;
			if (message->nlmsg_type != NLMSG_ERROR) {
				if (visit)
					visit(context, message);
				continue;
			}
			const struct nlmsgerr *outcome = nlmsg_data(message);
			if (outcome->error)
				return kinc_error_errno(err, -outcome->error, "nfnetlink");
			if (message->nlmsg_seq == last)
				return 0;
		}
	}
}

int nfnl_commit(struct nfnl *nfnl, struct kinc_error *err)
{
	if (!nfnl->changes)
		return 0;
	/* A failure is told of whichever change; success only of the last. */
	uint32_t last = nfnl->sequence, first = last - (uint32_t)nfnl->changes;
	size_t offset = 0;
	struct nlmsghdr *message = (struct nlmsghdr *)nfnl->batch;
	while (message->nlmsg_seq != last) {
		offset += NLMSG_ALIGN(message->nlmsg_len);
		message = (struct nlmsghdr *)(nfnl->batch + offset);
	}
	message->nlmsg_flags |= NLM_F_ACK;
	append_mark(nfnl, NFNL_MSG_BATCH_END);
	int status = send_all(nfnl, nfnl->batch, nfnl->used, err);
	nfnl->used = nfnl->changes = 0;
	return status < 0 ? status : receive(nfnl, first, last, NULL, NULL, err);
}

int nfnl_ask(struct nfnl *nfnl, struct nl_msg *message, nfnl_visit *visit, void *context,
	     struct kinc_error *err)
{
	struct nlmsghdr *header = nlmsg_hdr(message);

	header->nlmsg_seq = ++nfnl->sequence;
	int status = send_all(nfnl, header, header->nlmsg_len, err);
	return status < 0 ? status
			  : receive(nfnl, header->nlmsg_seq, header->nlmsg_seq, visit, context, err);
}
