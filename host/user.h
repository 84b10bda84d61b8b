/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_USER_H
#define KINC_HOST_USER_H

#include <sys/types.h>

#include "error.h"

enum { USER_GROUPS_MAX = 256 };

struct user {
	char *name, *home, *shell;
	uid_t uid;
	gid_t gid;
	gid_t groups[USER_GROUPS_MAX]; /* more are left out */
	int group_count;
};

/*
 * Looks name up. With root, only ROOT/etc/passwd and ROOT/etc/group count:
 * NSS would load the libraries of another system. ENOENT for an unknown user,
 * EINVAL for a name with unusual characters or uid 0. On success the caller
 * releases ret.
 */
int user_lookup(const char *name, const char *root, struct user *ret, struct kinc_error *err);
void user_release(struct user *user);

/* With the user's own that makes the ids 0 to 65535, all that is usual in images. */
enum { USER_SUBIDS = 65535 };

/*
 * 0 when ROOT/etc/subuid and subgid give the user that many ids each, else ENOENT
 * and the usermod command that adds them. root may be "".
 */
int user_check_subids(const char *root, const char *name, uid_t uid, struct kinc_error *err);

/* Ids that the text of a subuid file grants to name or uid. */
unsigned long user_count_subids(const char *text, const char *name, uid_t uid);

/* The first of 65536 ids that no line of the text of a subuid file grants, from 100000 on. */
unsigned long user_free_subids(const char *text);

/*
 * Gives up root for good: groups, rlimits' soft part raised to what is hard,
 * ids, and the environment HOME USER LOGNAME SHELL PATH XDG_RUNTIME_DIR.
 */
int user_become(const struct user *user, const char *runtime_dir, struct kinc_error *err);

#endif
