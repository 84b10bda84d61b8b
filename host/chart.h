/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_CHART_H
#define KINC_HOST_CHART_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "error.h"

/* The boot of a status line as SVG, the caller's to free. */
int chart_text(const cJSON *status, char **ret, size_t *ret_size, struct kinc_error *err);

#endif
