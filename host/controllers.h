/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_CONTROLLERS_H
#define KINC_HOST_CONTROLLERS_H

#include <stdbool.h>

/* A file of the cgroup that systemd has for the user, which podman asks there. */
void controllers_manager(char path[160], const char *file);

/*
 * The controllers, with a space between, of the cgroup that clusters are made
 * below; the caller's to free. -ENOENT and others where there is none.
 */
int controllers_read(char **ret);

bool controllers_have(const char *list, const char *name);

#endif
