/* SPDX-License-Identifier: MIT */
#ifndef CNI_IPTABLES_H
#define CNI_IPTABLES_H

#include "conf.h"

/* masquerade_ensure for kernels without nftables: a chain KINC-... in table nat. */
int iptables_masquerade(const struct conf *conf, struct kinc_error *err);

#endif
