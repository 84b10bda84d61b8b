/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_ENVIRONMENT_H
#define KINC_HOST_ENVIRONMENT_H

#include <stdbool.h>

/* Whether "NAME=value" means the same inside of a ground as outside. */
bool environment_travels(const char *variable);

/* Drops every variable that does not travel. */
void environment_reduce(void);

#endif
