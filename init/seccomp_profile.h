/* SPDX-License-Identifier: MIT */
#ifndef INIT_SECCOMP_PROFILE_H
#define INIT_SECCOMP_PROFILE_H

#include "error.h"

/*
 * A filter of system calls as Podman and Docker have it: JSON with
 * defaultAction, defaultErrnoRet, architectures or archMap, and syscalls with
 * names, action, errnoRet, args, includes and excludes. Names that libseccomp
 * does not know are passed over, as they do it: profiles are written for many
 * kernels. SCMP_ACT_NOTIFY is refused: nobody would answer. Errors begin with
 * FILE:LINE:COLUMN. All of it uses much memory: not for PID 1 itself.
 */
int seccomp_profile_check(const char *path, struct kinc_error *err);

/* The same, and puts the calling process under the filter; sets no no_new_privs. */
int seccomp_profile_load(const char *path, struct kinc_error *err);

#endif
