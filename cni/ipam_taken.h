/* SPDX-License-Identifier: MIT */
#ifndef CNI_IPAM_TAKEN_H
#define CNI_IPAM_TAKEN_H

#include "ipam.h"

/*
 * The taken addresses of a network at one moment. To ask for one address after
 * the other costs as many system calls as there are pods; this costs one for
 * some thousand.
 */
struct ipam_taken {
	struct ip_address *addresses; /* in order */
	size_t count;
};

int ipam_taken_read(struct ipam *ipam, struct ipam_taken *taken, struct kinc_error *err);
bool ipam_taken_has(const struct ipam_taken *taken, const struct ip_address *address);
void ipam_taken_release(struct ipam_taken *taken);
#define cleanup_taken __attribute__((cleanup(ipam_taken_release)))

#endif
