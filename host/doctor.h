/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_DOCTOR_H
#define KINC_HOST_DOCTOR_H

#include "error.h"

/*
 * Checks, in an order in which one failing would make the next fail for the
 * wrong reason, what a cluster needs of the host. Returns at the first that
 * fails: one sentence, with the mend.
 */
int doctor_check(struct kinc_error *err);

/* "podman version 4.3.1" to 403; -EINVAL for anything else. */
int doctor_parse_version(const char *text);

#endif
