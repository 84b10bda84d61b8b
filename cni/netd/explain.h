/* SPDX-License-Identifier: MIT */
#ifndef NETD_EXPLAIN_H
#define NETD_EXPLAIN_H

#include <stdio.h>

#include "verdict.h"

/*
 * Would the source get a connection to port ("80", "53/UDP") of the destination,
 * and why? Both are NAMESPACE/POD or an address. NULL: err says what is not known.
 */
cJSON *explain(const struct model *model, const char *source, const char *destination,
	       const char *port, struct kinc_error *err);

/* The same as sentences. */
void explain_print(const cJSON *explanation, FILE *out);

#endif
