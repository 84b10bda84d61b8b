/* SPDX-License-Identifier: MIT */
#ifndef NETD_KERNEL_H
#define NETD_KERNEL_H

#include <nftables/libnftables.h>

#include "model.h"
#include "nfnl.h"

/*
 * Theory of operation. What one kincnetd puts into the table bears its prefix.
 * Settlements are brought in small transactions, whose order makes each of them
 * harmless: new sets, new chains, what is in them; then the maps turn, pod by
 * pod; then what is dead goes.
 *
 * At the start, and after any failure, everything is made anew under another
 * prefix beside what is there. The hooks come last: from then on a packet must
 * pass both, the old rules and the new; only then the old ones are removed. So
 * whoever broke the table, and however a kincnetd ended, no packet passes that
 * was forbidden before and after.
 */
struct kernel {
	struct nft_ctx *nft; /* NULL: not open */
	struct nfnl nfnl;
	char prefix[SCRIPT_PREFIX_MAX];
	uint64_t transactions;
};

/* EOPNOTSUPP where the kernel has no nftables. */
int kernel_open(struct kernel *kernel, struct kinc_error *err);
void kernel_close(struct kernel *kernel);

/* After a failure: kernel_renew with all of the model. */
int kernel_apply(struct kernel *kernel, const struct model *model,
		 const struct settlement *settlement, struct kinc_error *err);

/* settlement is of model_restate. ground: the commands of kinc_policy_table_print. */
int kernel_renew(struct kernel *kernel, const struct model *model,
		 const struct settlement *settlement, const char *ground, struct kinc_error *err);

/* The packets that the profile dropped, by its counter. */
typedef void kernel_counter(void *context, char letter, unsigned id, uint64_t packets);
int kernel_counters(struct kernel *kernel, kernel_counter *visit, void *context,
		    struct kinc_error *err);

#endif
