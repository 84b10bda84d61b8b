/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_CHOOSE_H
#define KINC_HOST_CHOOSE_H

#include "cluster.h"
#include "launch.h"

/*
 * Port and subnets of a new cluster into ret, told where they are not those of
 * the formula. Looks at every interface and route of the host, at what listens,
 * at every container of the user, running or not, and at podman's networks.
 * EADDRINUSE names who is in the way. Call it under cluster_lock.
 */
int choose_place(const struct launch *launch, const struct cluster_list *list,
		 struct cluster *ret, struct kinc_error *err);

#endif
