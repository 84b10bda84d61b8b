/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_STORAGE_H
#define KINC_HOST_STORAGE_H

#include "error.h"

/*
 * Podman takes the vfs driver, which copies whole images, where nothing names
 * another one. Writes HOME/.config/containers/storage.conf that asks for
 * overlay, unless the user has a storage.conf or images kept another way.
 * Returns 1 when it wrote, 0 when not. Call it as the user.
 */
int storage_prefer_overlay(const char *home, struct kinc_error *err);

#endif
