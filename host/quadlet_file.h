/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_QUADLET_FILE_H
#define KINC_HOST_QUADLET_FILE_H

#include <cjson/cJSON.h>

#include "cluster.h"

enum { QUADLET_UNIT_MAX = CLUSTER_TEXT_MAX + 16 };

/* kinc-NAME-control-plane.service, which systemd makes of the file. */
void quadlet_unit(const char *name, char text[QUADLET_UNIT_MAX]);

/* ~/.config/containers/systemd/kinc-NAME-control-plane.container, or below $XDG_CONFIG_HOME. */
int quadlet_path(const char *name, char path[CLUSTER_PATH_MAX], struct kinc_error *err);

/* Whether it is there. */
bool quadlet_installed(const char *name);

/* The .container file of the cluster, its image included; the caller's to free. */
int quadlet_print(const struct cluster *cluster, char **ret, struct kinc_error *err);

/*
 * A cluster that such a file tells of, as an element of the output of `podman
 * ps --format json`, with the state "installed". NULL when it tells of none.
 */
cJSON *quadlet_parse(const char *text);

/* Adds those elements of all files there are whose clusters are not among containers. */
void quadlet_add_all(cJSON *containers);

#endif
