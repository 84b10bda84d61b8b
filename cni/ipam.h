/* SPDX-License-Identifier: MIT */
#ifndef CNI_IPAM_H
#define CNI_IPAM_H

#include "conf.h"

/*
 * Theory of operation. Leases of a network are symbolic links in
 * DATADIR/NETWORK: symlink(2) creates name and content in one step and refuses
 * a name that is taken, so nothing is locked and nothing is ever half written.
 *
 *   attachments/CONTAINER,IFNAME,SET -> 10.244.43.5    what we mean to take
 *   addresses/10.244.43.5 -> CONTAINER/IFNAME          whose it is
 *   last.SET                                           a hint, may say anything
 *   boot -> ID                                         of which start of the node
 *
 * An attachment is linked before its address and removed after it. So every
 * address that is taken is found through its attachment, whatever instruction
 * a crash struck, and DEL needs no search. An attachment whose address belongs
 * to another is a claim that failed; releasing it leaves the address alone.
 */
struct ipam {
	int directory, addresses, attachments; /* -EBADF: not there */
};

#define IPAM_NONE ((struct ipam){-EBADF, -EBADF, -EBADF})

struct lease {
	struct ip_address address;
	const struct ip_range *range; /* of the conf it was reserved by */
};

/* Who holds a lease. Both are valid names, ids of at most IPAM_ID_MAX bytes. */
struct ipam_owner {
	const char *container, *ifname;
};
#define IPAM_ID_MAX 200

/* Makes the directories, and empties them when they are of another start of the node. */
int ipam_open(struct ipam *ipam, const struct conf *conf, struct kinc_error *err);

/* Without making them: where they are missing everything is free, and *ret_ipam is IPAM_NONE. */
int ipam_open_existing(struct ipam *ipam, const struct conf *conf, struct kinc_error *err);
void ipam_close(struct ipam *ipam);
#define cleanup_ipam __attribute__((cleanup(ipam_close)))

/*
 * One address of each set of conf into leases[CONF_SETS_MAX], those that conf
 * wishes for among them. -EEXIST: the owner has a lease already (DEL comes
 * first); -ENOSPC: a set is exhausted; -EADDRINUSE: a wish is another's.
 * Nothing is kept on failure.
 */
int ipam_reserve(struct ipam *ipam, const struct conf *conf, const struct ipam_owner *owner,
		 struct lease *leases, struct kinc_error *err);

/* Having nothing to release is success. */
int ipam_release(struct ipam *ipam, const struct ipam_owner *owner, struct kinc_error *err);

/* 0, or -ENOENT with a sentence when the address is not the owner's. */
int ipam_check(struct ipam *ipam, const struct ipam_owner *owner, const struct ip_address *address,
	       struct kinc_error *err);

/* Calls visit for each attachment with a lease; a negative result stops. */
typedef int ipam_visit(const struct ipam_owner *owner, void *context);
int ipam_each(struct ipam *ipam, ipam_visit *visit, void *context, struct kinc_error *err);

/* Calls visit for each address that is taken. */
typedef int ipam_visit_address(const struct ip_address *address, void *context);
int ipam_each_address(struct ipam *ipam, ipam_visit_address *visit, void *context,
		      struct kinc_error *err);

/*
 * For what happens once and takes long; leases need no lock. Released by
 * closing the descriptor.
 */
int ipam_lock(struct ipam *ipam, struct kinc_error *err);

/* Every lease is gone, whoever held it. -errno, without a sentence where a removal failed. */
int ipam_forget(struct ipam *ipam, struct kinc_error *err);

/* -ENOSPC with a sentence when a set of conf has no free address. */
int ipam_room(struct ipam *ipam, const struct conf *conf, struct kinc_error *err);

#endif
