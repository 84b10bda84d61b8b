/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_DOCTOR_FIX_H
#define KINC_HOST_DOCTOR_FIX_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "error.h"

/*
 * As root: has user look at the host (as `doctor --json` prints it), with fix
 * runs what mends what was found, and has the user look again. *ret_list is the
 * caller's to delete. ENOENT or EINVAL for a user that there is not.
 */
int doctor_fix_user(const char *user, bool fix, cJSON **ret_list, struct kinc_error *err);

/* The commands that root would run, one a line, and the mends for which there is none as comments.
 */
void doctor_fix_print(const cJSON *list);

#endif
