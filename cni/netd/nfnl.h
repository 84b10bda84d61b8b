/* SPDX-License-Identifier: MIT */
#ifndef NETD_NFNL_H
#define NETD_NFNL_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "script.h"

/*
 * nfnetlink by hand, for what must be quick: elements of sets, and removing by
 * name. libnftables reads every chain and set of the table before each command,
 * so with it a pod would cost what all pods do.
 */
struct nfnl {
	struct nl_sock *socket; /* NULL: closed */
	uint32_t sequence;
	char *batch; /* of messages, NULL while there is none */
	size_t used, capacity, changes;
};

/* EOPNOTSUPP: the kernel has no nfnetlink. */
int nfnl_open(struct nfnl *nfnl, struct kinc_error *err);
void nfnl_close(struct nfnl *nfnl);

/*
 * Changes to the table are gathered and take effect together at nfnl_commit,
 * or not at all. Some buffers are small where the user is not the machine's root: after
 * each change that may stand alone, commit when nfnl_full.
 */
void nfnl_add_element(struct nfnl *nfnl, const char *prefix, const struct element *element);
void nfnl_flush_chain(struct nfnl *nfnl, const char *name);
void nfnl_delete_chain(struct nfnl *nfnl, const char *name);
void nfnl_delete_set(struct nfnl *nfnl, const char *name);
void nfnl_delete_counter(struct nfnl *nfnl, const char *name);
bool nfnl_full(const struct nfnl *nfnl);
/* More than that would not go through: commit, even where it should not stand alone. */
bool nfnl_bursting(const struct nfnl *nfnl);
int nfnl_commit(struct nfnl *nfnl, struct kinc_error *err);

/* Sends one message and gives each answer's to visit; returns when all are there. */
typedef void nfnl_visit(void *context, const struct nlmsghdr *message);
int nfnl_ask(struct nfnl *nfnl, struct nl_msg *message, nfnl_visit *visit, void *context,
	     struct kinc_error *err);
/* A message to subsystem (NFNL_SUBSYS_*), the caller's to fill and to free. */
struct nl_msg *nfnl_message(int subsystem, int type, int flags, int family);

#endif
