/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_REMOVE_H
#define KINC_HOST_REMOVE_H

#include <stdbool.h>

#include "error.h"

/* What a cluster consists of on the host. */
struct remove_parts {
	bool container, data, config, kubeconfig, runtime_dir;
};

/*
 * Removes those parts, the container first. Goes on after a failure; returns
 * the first one. A part that is not there is no failure.
 */
int remove_parts(const char *name, const struct remove_parts *parts, struct kinc_error *err);

#endif
