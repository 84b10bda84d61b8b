/* SPDX-License-Identifier: MIT */
#ifndef CNI_NFT_H
#define CNI_NFT_H

#include "error.h"

/*
 * Runs nft's commands as one transaction. The library is loaded only here: most
 * calls of kincnet need it not. EOPNOTSUPP: there is none, or the kernel refuses.
 */
int nft_run(const char *ruleset, struct kinc_error *err);

#endif
