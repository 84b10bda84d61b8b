/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_BOOT_EXPLAIN_H
#define KINC_HOST_BOOT_EXPLAIN_H

#include "boot.h"
#include "progress.h"

/*
 * After a boot that ended with result: shows the last lines of the unit to
 * blame, or else of the node, and makes err name both unit and mend.
 */
void boot_explain(const struct progress *progress, const char *name, const char *socket,
		  const struct boot_options *options, int result, struct kinc_error *err);

/* ECONNRESET with its state when the node's container does not run. */
int boot_container_runs(const char *name, struct kinc_error *err);

#endif
