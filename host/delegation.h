/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_DELEGATION_H
#define KINC_HOST_DELEGATION_H

#include <sys/types.h>

#include "error.h"

/*
 * The part of the cgroup v2 tree that a ground hands to its user. The tree is
 * reached through a detached mount of its own, so that it does not matter
 * where, or whether, the machine has it mounted.
 */

enum { DELEGATION_ENABLED_MAX = 64 };

/* An O_PATH-like descriptor of the root of the cgroup v2 tree. */
int delegation_open_tree(struct kinc_error *err);

/* Attaches that tree at /sys/fs/cgroup of the caller's mount namespace. */
int delegation_mount(int tree, struct kinc_error *err);

/*
 * Makes NAME below the caller's own position, its leaf NAME/init, enables
 * what controllers there are, and gives both to uid:gid. *ret_path (the
 * caller's to free) is the path below the root of the tree, with a leading
 * slash. enabled becomes the controllers, separated by spaces, that had to be
 * switched on in the parent for that. An existing NAME is EEXIST.
 */
int delegation_make(int tree, const char *name, uid_t uid, gid_t gid, char **ret_path,
		    char enabled[DELEGATION_ENABLED_MAX], struct kinc_error *err);

/*
 * Switches enabled off again in the parent of path, unless another cgroup
 * there has a name that starts with prefix. Best effort.
 */
void delegation_withdraw(int tree, const char *path, const char *prefix, const char *enabled);

/* Moves the calling process into PATH/init. */
int delegation_join(int tree, const char *path, struct kinc_error *err);

/*
 * Kills every process below path, waits (10 s at most) until they are gone and
 * removes the cgroups. A missing path is success.
 */
int delegation_remove(int tree, const char *path, struct kinc_error *err);

#endif
