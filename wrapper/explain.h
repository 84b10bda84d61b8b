/* SPDX-License-Identifier: MIT */
#ifndef KINC_WRAPPER_EXPLAIN_H
#define KINC_WRAPPER_EXPLAIN_H

#include <stdbool.h>

#include "error.h"

/*
 * What would happen to a bundle's spec: printed on stdout for people or as
 * JSON, nothing is changed. -EPERM when a rule refuses the spec, which is
 * printed, too.
 */
int explain_bundle(const char *bundle, bool json, struct kinc_error *err);

/* The edited spec on stdout. */
int explain_dry_run(const char *bundle, struct kinc_error *err);

#endif
