/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_LOOK_H
#define KINC_HOST_LOOK_H

#include <cjson/cJSON.h>

#include "error.h"

/*
 * The status line (docs/protocol.md) of a cluster that runs: over its socket, or
 * by kincctl in the container. *ret is the caller's to delete.
 */
int look_status(const char *name, cJSON **ret, struct kinc_error *err);

/* Prints it for programs: the exit status of the command. */
int look_print_json(const cJSON *json, struct kinc_error *err);

#endif
