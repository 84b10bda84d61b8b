/* SPDX-License-Identifier: MIT */
#ifndef KINC_WRAPPER_STATE_H
#define KINC_WRAPPER_STATE_H

#include <stdbool.h>

/*
 * What crun keeps about a container in its state directory: root is the value
 * of --root or NULL, id a safe one.
 */

/* Does the container run? false also when it is not known. */
bool state_is_running(const char *root, const char *id);

/* Was the container made with a user namespace of its own? */
bool state_own_userns(const char *root, const char *id);

#endif
