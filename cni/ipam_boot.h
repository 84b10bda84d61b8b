/* SPDX-License-Identifier: MIT */
#ifndef CNI_IPAM_BOOT_H
#define CNI_IPAM_BOOT_H

#include "ipam.h"

/*
 * Leases do not outlive the pods that held them. The link "boot" in a network's
 * directory tells of which start of the node's container they are (the kernel's
 * boot id and when PID 1 began); where it tells of another start, everything is
 * forgotten before the first address is given. The link is renewed last, so a
 * crash in between forgets once more.
 */
int ipam_boot_ensure(struct ipam *ipam, const struct conf *conf, struct kinc_error *err);

#endif
