/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_EXPOSURE_H
#define KINC_HOST_EXPOSURE_H

#include <cjson/cJSON.h>

#include "cluster.h"

/*
 * Theory of operation. A port of a cluster on the host is a process that
 * forwards (forward.h). It has a unix socket in $XDG_RUNTIME_DIR/kinc/.expose/
 * NAME, called by the port: who connects is told what goes where, and who writes
 * ends it. So there is no file with a pid in it that could be another's by now,
 * and a socket that nobody serves is what a process left that was killed.
 */
enum exposure_kind { EXPOSURE_SERVICE, EXPOSURE_POD, EXPOSURE_NODE };

struct exposure_target {
	enum exposure_kind kind;
	char name[254]; /* "" for the node */
	char port[64];	/* a number, or the name that it has there; "" for the first one */
};

/*
 * service/NAME[:PORT], pod/NAME:PORT or node:PORT. EINVAL with what is wrong.
 */
int exposure_parse(const char *text, struct exposure_target *ret, struct kinc_error *err);

/* The path of that socket; its directory is made when make is true. */
int exposure_socket(const char *cluster, int port, bool make, char path[CLUSTER_PATH_MAX],
		    struct kinc_error *err);

/*
 * What is exposed of a cluster now, by port: objects with "port" and what the
 * process tells. What killed processes left is removed. The caller's to delete.
 */
cJSON *exposure_list(const char *cluster);

/* Ends that one, or all for port 0, and waits until it is gone. ENOENT when there is none. */
int exposure_end(const char *cluster, int port, struct kinc_error *err);

#endif
