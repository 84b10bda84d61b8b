/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_BUNDLE_H
#define KINC_HOST_BUNDLE_H

#include <stddef.h>

#include "error.h"

enum { BUNDLE_PATH_MAX = 600 };

/* A folder that is filled, then packed, for others to read: mode 0700 meanwhile. */
struct bundle {
	char directory[BUNDLE_PATH_MAX]; /* "" while there is none */
	char name[100];			 /* of the folder in it */
};
#define cleanup_bundle __attribute__((cleanup(bundle_remove)))

int bundle_make(struct bundle *bundle, const char *name, struct kinc_error *err);
int bundle_add(const struct bundle *bundle, const char *file, const char *text, size_t size,
	       struct kinc_error *err);

/*
 * Takes what is secret out of every file (redact.h), of long ones after all but
 * their end is cut; removes what is no regular file. Nothing may be packed
 * before.
 */
int bundle_redact(const struct bundle *bundle, struct kinc_error *err);

/* As a compressed tar archive, mode 0600. */
int bundle_pack(const struct bundle *bundle, const char *path, struct kinc_error *err);

void bundle_remove(struct bundle *bundle);

#endif
