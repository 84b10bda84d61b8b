/* SPDX-License-Identifier: MIT */
#ifndef KINC_POLICY_TABLE_H
#define KINC_POLICY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "ip.h"

/*
 * The one table of nftables in which NetworkPolicy is enforced. kincnetd fills
 * it; kincnet makes its ground where kincnetd did not run yet, so that an address
 * of a pod's subnet that nobody answers for is never reached.
 */
#define KINC_POLICY_TABLE "inet kinc_policy"
#define KINC_POLICY_TABLE_NAME "kinc_policy"
/* The sets of addresses that some known pod has. */
#define KINC_POLICY_KNOWN4 "known4"
#define KINC_POLICY_KNOWN6 "known6"

/*
 * Writes the ground as nft's commands; to run them again changes nothing. With
 * admit, addresses of the subnets that nobody has are let pass.
 */
void kinc_policy_table_print(FILE *out, const struct ip_prefix *subnets, size_t count, bool admit);

#endif
