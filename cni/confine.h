/* SPDX-License-Identifier: MIT */
#ifndef CNI_CONFINE_H
#define CNI_CONFINE_H

#include "error.h"

/*
 * Keeps of the capabilities CAP_NET_ADMIN alone. CAP_SYS_ADMIN is for entering
 * a pod's network namespace, CAP_NET_RAW for a socket there: after that nobody
 * needs them.
 */
int confine_capabilities(struct kinc_error *err);

/*
 * And a filter of system calls: what is not noted is refused with ENOSYS, so
 * that a command can still undo what it did. From then on nothing is executed.
 */
int confine_calls(struct kinc_error *err);

#endif
