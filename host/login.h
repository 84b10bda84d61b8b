/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_LOGIN_H
#define KINC_HOST_LOGIN_H

#include <stdbool.h>

/* Whether path is a directory that is the calling user's alone; false for NULL. */
bool login_owns(const char *path);

/*
 * Sets what a login would have, where sudo or su left it out or left their caller's: the runtime
 * directory, the address of the user's bus, a working directory that the user may enter.
 */
void login_complete(void);

/* Where the user's bus listens, as far as the environment tells; false without one. */
bool login_has_bus(void);

/* Whether the user's systemd runs, with or without a bus. */
bool login_has_manager(void);

#endif
