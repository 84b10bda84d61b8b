/* SPDX-License-Identifier: MIT */
#ifndef CNI_SYSCTL_H
#define CNI_SYSCTL_H

#include "error.h"

/*
 * One character into a file of /proc/sys, that of the caller's network
 * namespace. Writes only when it must: /proc/sys may be read-only and right.
 */
int sysctl_set(const char *path, char value, struct kinc_error *err);

#endif
