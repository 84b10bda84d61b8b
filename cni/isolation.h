/* SPDX-License-Identifier: MIT */
#ifndef CNI_ISOLATION_H
#define CNI_ISOLATION_H

#include "conf.h"
#include "result.h"

/*
 * NetworkPolicy, as far as kincnet has a part in it. kincnetd enforces it; an
 * address that it does not know is never reached (lib/policy_table.h).
 */

/*
 * Tells kincnetd which pod (of CNI_ARGS) gets which addresses, and waits until its
 * rules stand, for conf->gate_seconds at most. Without an answer the addresses
 * stay unreachable until kincnetd knows them, but for pods of kube-system, which
 * it may need itself, and with policy.missing "admit".
 */
void isolation_await(const struct conf *conf, const struct result *result);

/* At boot: from now on only known addresses are reached. Without nftables nothing is done. */
int isolation_lay_ground(const struct conf *conf, struct kinc_error *err);

#endif
