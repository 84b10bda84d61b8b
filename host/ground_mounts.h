/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_GROUND_MOUNTS_H
#define KINC_HOST_GROUND_MOUNTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

/*
 * The calling process gets a mount namespace of its own, in which what it
 * mounts stays; with root not NULL that tree becomes /, with proc, sys, dev,
 * run and tmp of its own and the machine's resolv.conf.
 */
int ground_mounts_enter(const char *root, struct kinc_error *err);

/* /dev/fuse and /dev/net/tun that everybody may open, in this namespace only. */
int ground_mounts_devices(struct kinc_error *err);

/*
 * runtime_dir as a tmpfs of the user, and /dev/shm too, where podman keeps the
 * locks that belong to that runtime directory.
 */
int ground_mounts_runtime(const char *runtime_dir, uid_t uid, gid_t gid, struct kinc_error *err);

#endif
