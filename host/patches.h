/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_PATCHES_H
#define KINC_HOST_PATCHES_H

#include <stdbool.h>

#include "error.h"

/*
 * Whether kubeadm makes something of a file of that name in a folder of patches:
 * TARGET[SUFFIX][+TYPE].yaml or .json. Other files it passes over.
 */
bool patches_name_known(const char *name);

/*
 * A folder with at least one patch, whose .yaml and .json are all patches; kubeadm
 * would pass over one that is not, without an error. EINVAL names the file.
 */
int patches_check(const char *folder, struct kinc_error *err);

#endif
