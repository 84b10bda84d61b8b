/* SPDX-License-Identifier: MIT */
#ifndef CNI_MASQUERADE_H
#define CNI_MASQUERADE_H

#include "ipam.h"

/*
 * Sees to it that what pods of conf's subnets send to elsewhere leaves with
 * the node's address. The rules are static, one chain per network; a mark in
 * the network's directory (symbolic link "masquerade") tells for which subnets
 * and in which network namespace they were made, so that every later call is
 * one readlink. Subnets that are new (ranges of a runtime) come to those of before. `kincnet
 * --setup` makes them at boot, before the first ADD.
 *
 * nftables by libnftables, loaded only here; where the library or the kernel's
 * part is missing, iptables and ip6tables of PATH. ipam is open.
 */
int masquerade_ensure(struct ipam *ipam, const struct conf *conf, struct kinc_error *err);

#define SUBNETS_MAX ((size_t)CONF_SETS_MAX * CONF_RANGES_MAX)

struct subnets {
	struct ip_prefix list[SUBNETS_MAX];
	size_t count;
};

/* Adds those of conf's ranges that are not there yet. -ENOSPC. */
int masquerade_add_subnets(struct subnets *subnets, const struct conf *conf,
			   struct kinc_error *err);

/*
 * The nft commands for a network, all in one transaction and the same however
 * often they are run. The caller frees; NULL: no memory.
 */
char *masquerade_ruleset(const char *network, const struct subnets *subnets);

#endif
