/* SPDX-License-Identifier: MIT */
#ifndef CNI_IPTABLES_H
#define CNI_IPTABLES_H

#include "masquerade.h"

/* masquerade_ensure for kernels without nftables: a chain KINC-... in table nat. */
int iptables_masquerade(const char *network, const struct subnets *subnets, struct kinc_error *err);

#endif
