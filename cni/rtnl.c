/* SPDX-License-Identifier: MIT */
/* #syscalls socket bind setsockopt send recv poll */
#include "rtnl.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"

/* What the kernel puts into one datagram of a dump at most. */
#define ANSWER_MAX 32768

int rtnl_open_monitor(struct rtnl *rtnl, unsigned groups, struct kinc_error *err)
{
	static const int on = 1;
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
	cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return kinc_error_errno(err, errno, "cannot open a routing socket");
	/* Reasons are a comfort: kernels before 4.12 have none. CAP_ACK keeps them small. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	/* A dump for one interface tells of that one; kernels before 4.20 tell of all. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	*rtnl = (struct rtnl){.fd = steal_fd(&fd)};
	return 0;
}

int rtnl_open(struct rtnl *rtnl, struct kinc_error *err)
{
	return rtnl_open_monitor(rtnl, 0, err);
}

void rtnl_wait(struct rtnl *monitor, int timeout_ms)
{
	struct pollfd changed = {.fd = monitor->fd, .events = POLLIN};
	char byte;

	if (poll(&changed, 1, timeout_ms) <= 0)
		return;
	/* What changed does not matter; overflow (ENOBUFS) is a change too. */
	while (recv(monitor->fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0)
		;
}

void rtnl_close(struct rtnl *rtnl)
{
	kinc_cleanup_close(&rtnl->fd);
	rtnl->fd = -EBADF;
}

struct nl_msg *rtnl_message(int type, int flags, const void *header, size_t size)
{
	struct nl_msg *message = nlmsg_alloc_simple(type, flags | NLM_F_REQUEST);
	void *room = message ? nlmsg_reserve(message, size, NLMSG_ALIGNTO) : NULL;

	if (!room) {
		nlmsg_free(message);
		return NULL;
	}
	memcpy(room, header, size);
	return message;
}

/* The kernel's answer to the whole request: 0 or its refusal. */
static int read_verdict(struct nlmsghdr *message, struct kinc_error *err)
{
	const struct nlmsgerr *verdict = nlmsg_data(message);
	const char *reason = NULL;

	if ((size_t)nlmsg_datalen(message) < sizeof(*verdict))
		return kinc_error_set(err, EBADMSG, "the kernel sent a short netlink answer");
	if (verdict->error == 0)
		return 0;
	if (message->nlmsg_flags & NLM_F_ACK_TLVS) {
		struct nlattr *told[NLMSGERR_ATTR_MAX + 1];
		size_t fixed = sizeof(verdict->error) + sizeof(verdict->msg);
		if (!(message->nlmsg_flags & NLM_F_CAPPED))
			fixed = sizeof(verdict->error) + NLMSG_ALIGN(verdict->msg.nlmsg_len);
		if (nlmsg_parse(message, (int)fixed, told, NLMSGERR_ATTR_MAX, NULL) == 0 &&
		    told[NLMSGERR_ATTR_MSG])
			reason = nla_get_string(told[NLMSGERR_ATTR_MSG]);
	}
	return kinc_error_errno(err, -verdict->error, "%s", reason ? reason : "the kernel refused");
}

/* One datagram. 1: there is more to come. */
static int read_answer(unsigned sequence, unsigned char *buffer, size_t size, rtnl_visit *visit,
		       void *context, bool dump, struct kinc_error *err)
{
	int left = (int)size;

	for (struct nlmsghdr *message = (struct nlmsghdr *)buffer; nlmsg_ok(message, left);
	     message = nlmsg_next(message, &left)) {
		if (message->nlmsg_seq != sequence)
			continue;
		if (message->nlmsg_type == NLMSG_ERROR)
			return read_verdict(message, err);
		if (message->nlmsg_type == NLMSG_DONE)
			return 0;
		int result = visit ? visit(message, context) : 0;
		if (result < 0)
			return kinc_error_errno(err, -result, "cannot read the kernel's answer");
		if (!dump)
			return 0;
	}
	return 1;
}

int rtnl_call(struct rtnl *rtnl, struct nl_msg *message, rtnl_visit *visit, void *context,
	      struct kinc_error *err)
{
	_Alignas(NLMSG_ALIGNTO) unsigned char buffer[ANSWER_MAX];
	struct nlmsghdr *header;
	bool dump;

	if (!message)
		return kinc_error_errno(err, ENOMEM, "composing a netlink message");
	header = nlmsg_hdr(message);
	header->nlmsg_seq = ++rtnl->sequence;
	dump = visit && (header->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	if (!visit)
		header->nlmsg_flags |= NLM_F_ACK;
	ssize_t sent = send(rtnl->fd, header, header->nlmsg_len, 0);
	int saved = errno;
	nlmsg_free(message);
	if (sent < 0)
		return kinc_error_errno(err, saved, "cannot ask the kernel");

	for (;;) {
		ssize_t got = recv(rtnl->fd, buffer, sizeof(buffer), MSG_TRUNC);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return kinc_error_errno(err, errno, "no answer from the kernel");
		if ((size_t)got > sizeof(buffer))
			return kinc_error_set(err, EMSGSIZE, "an answer of %zd bytes is too long",
					      got);
		int result =
			read_answer(rtnl->sequence, buffer, (size_t)got, visit, context, dump, err);
		if (result <= 0)
			return result;
	}
}
