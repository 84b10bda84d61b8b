/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_IMAGE_H
#define KINC_HOST_IMAGE_H

#include <cjson/cJSON.h>

#include "error.h"

#define IMAGE_REPOSITORY "localhost/kinc/node"

/*
 * The image to run: wanted (--image) when not NULL, else KINC_IMAGE, else the
 * newest local IMAGE_REPOSITORY. ENOENT names what makes one, ENOEXEC says that it
 * is no image of a node, EPROTONOSUPPORT that it speaks another version of the
 * control protocol. *ret is the caller's to free.
 */
int image_resolve(const char *wanted, char **ret, struct kinc_error *err);

/* The labels of an image that is there, the caller's to delete. */
int image_labels(const char *name, cJSON **ret, struct kinc_error *err);

/* EINVAL for what cannot be a name, ENOENT when podman has no such image. */
int image_check_present(const char *name, struct kinc_error *err);

/* The newest of `podman images --format json` in IMAGE_REPOSITORY, or NULL; images owns it. */
const char *image_newest(const cJSON *images);

#endif
