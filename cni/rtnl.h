/* SPDX-License-Identifier: MIT */
#ifndef CNI_RTNL_H
#define CNI_RTNL_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "error.h"

/*
 * A routing socket in the network namespace where it was opened; it stays in
 * that namespace when the thread leaves it. Messages are composed with libnl's
 * nlmsg and nla functions and travel by plain send and recv, because libnl
 * drops what the kernel says beyond the errno (NETLINK_EXT_ACK).
 */
struct rtnl {
	int fd; /* -EBADF: closed */
	unsigned sequence;
};

#define RTNL_CLOSED ((struct rtnl){.fd = -EBADF})

int rtnl_open(struct rtnl *rtnl, struct kinc_error *err);
/* One that hears of changes (groups are of RTMGRP_*); it is only for rtnl_wait. */
int rtnl_open_monitor(struct rtnl *rtnl, unsigned groups, struct kinc_error *err);

/* Waits until something has changed since the last call, at most that long. */
void rtnl_wait(struct rtnl *monitor, int timeout_ms);
void rtnl_close(struct rtnl *rtnl);
#define cleanup_rtnl __attribute__((cleanup(rtnl_close)))

/*
 * A request of that type whose fixed part is the caller's header (ifinfomsg,
 * ifaddrmsg or rtmsg). NULL: no memory. Released by rtnl_call.
 */
struct nl_msg *rtnl_message(int type, int flags, const void *header, size_t size);

/* Gets each message of the answer; a negative result stops and is returned. */
typedef int rtnl_visit(struct nlmsghdr *message, void *context);

/*
 * Sends the message, releases it, and waits for the kernel's answer. visit is
 * NULL where nothing but an acknowledgement is expected. Returns 0 or the
 * kernel's -errno, with its reason in err.
 */
int rtnl_call(struct rtnl *rtnl, struct nl_msg *message, rtnl_visit *visit, void *context,
	      struct kinc_error *err);

#endif
