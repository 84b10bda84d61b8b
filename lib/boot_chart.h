/* SPDX-License-Identifier: MIT */
#ifndef KINC_BOOT_CHART_H
#define KINC_BOOT_CHART_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "error.h"

/*
 * The boot out of a status line of the control protocol: who waited for whom,
 * who took long, and which units the whole boot waited for.
 */

/* Writes it as an SVG document. ENOMEM; errors of out are for the caller to see. */
int kinc_boot_chart_draw(const cJSON *status, FILE *out, struct kinc_error *err);

/* The same as {"total_ms", "units": [...]}, the caller's; NULL without memory. */
cJSON *kinc_boot_chart_object(const cJSON *status);

#endif
