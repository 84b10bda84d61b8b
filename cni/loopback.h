/* SPDX-License-Identifier: MIT */
#ifndef CNI_LOOPBACK_H
#define CNI_LOOPBACK_H

#include "attachment.h"

/*
 * The plugin "loopback", which containerd before 2.0 calls by that name for
 * every pod: a link to kincnet in the plugins' directory serves it. It keeps
 * no state and knows nothing but cniVersion and name.
 */
bool loopback_asked(const cJSON *tree);

/* ADD: sets lo up; *ret_output is the result, the caller's to free. */
int loopback_add(const struct args *args, const cJSON *tree, char **ret_output, enum cni_code *code,
		 struct kinc_error *err);

/* CHECK: lo is up. */
int loopback_check(const struct args *args, enum cni_code *code, struct kinc_error *err);

#endif
