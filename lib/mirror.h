/* SPDX-License-Identifier: MIT */
#ifndef KINC_MIRROR_H
#define KINC_MIRROR_H

#include "error.h"

enum { MIRROR_NAME_MAX = 256 };

/*
 * Where images of a registry are asked for first. A list of them is
 * REGISTRY=URL with a comma between, in the order in which they are asked.
 */
struct mirror {
	char registry[MIRROR_NAME_MAX]; /* docker.io, or registry.example:5000 */
	char url[MIRROR_NAME_MAX];	/* http://HOST[:PORT] or https://HOST[:PORT] */
};

/* EINVAL, with what it has to be. */
int mirror_check_registry(const char *registry, struct kinc_error *err);
int mirror_check_url(const char *url, struct kinc_error *err);

/*
 * The first of the list at *at, which moves behind it. 1, 0 at the end of the
 * list, or EINVAL.
 */
int mirror_next(const char **at, struct mirror *ret, struct kinc_error *err);

/* What follows http:// or https:// in a checked url. */
const char *mirror_host(const char *url);

#endif
