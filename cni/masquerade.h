/* SPDX-License-Identifier: MIT */
#ifndef CNI_MASQUERADE_H
#define CNI_MASQUERADE_H

#include "conf.h"

/*
 * Sees to it that what pods of conf's subnets send to elsewhere leaves with
 * the node's address. The rules are static, one chain per network; a mark in
 * the network's directory (symbolic link "masquerade") tells for which subnets
 * and in which network namespace they were made, so that every later call is
 * one readlink. `kincnet --setup` makes them at boot, before the first ADD.
 *
 * nftables by libnftables, loaded only here; where the library or the kernel's
 * part is missing, iptables and ip6tables of PATH.
 */
int masquerade_ensure(const struct conf *conf, struct kinc_error *err);

/*
 * The nft commands for conf, all in one transaction and the same however often
 * they are run. The caller frees; NULL: no memory.
 */
char *masquerade_ruleset(const struct conf *conf);

#endif
