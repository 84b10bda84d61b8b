/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_TRIAL_H
#define KINC_HOST_TRIAL_H

#include "error.h"

#define TRIAL_NAMESPACE "kinc-test"

/*
 * What is tried is applied as one manifest: a Deployment and Service web, a
 * volume claim, and the pods writer and reader that share the volume. All run
 * busybox out of image, which has to be in the node: no registry is asked.
 * *ret_text is the caller's to free.
 */
int trial_manifest(const char *image, char **ret_text, struct kinc_error *err);

#endif
