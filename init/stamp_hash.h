/* SPDX-License-Identifier: MIT */
#ifndef INIT_STAMP_HASH_H
#define INIT_STAMP_HASH_H

#include "error.h"
#include "sha256.h"

/*
 * A path with all that is below it: names and contents, not times and owners.
 * Symlinks below count by their target's name, the path itself is followed.
 * A path that is not there has a hash too.
 */
int stamp_hash_path(const char *path, char result[KINC_SHA256_TEXT], struct kinc_error *err);

/*
 * The program that execvp(3) would take. Of a large one size, time and the
 * first 64 KiB count, in which the linker's build id is: hashing all of kubeadm
 * would cost each of its runs 0.2 s.
 */
int stamp_hash_program(const char *name, char result[KINC_SHA256_TEXT], struct kinc_error *err);

#endif
