/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_CHOOSE_H
#define KINC_HOST_CHOOSE_H

#include "cluster.h"
#include "config.h"
#include "launch.h"

/*
 * Port and subnets of a new cluster into ret, told where they are not those of
 * the formula. Looks at every interface and route of the host, at what listens,
 * at every container of the user, running or not, and at podman's networks.
 * EADDRINUSE names who is in the way. Call it under cluster_lock.
 */
int choose_place(const struct launch *launch, const struct cluster_list *list,
		 struct cluster *ret, struct kinc_error *err);

/*
 * Whether a cluster that is there can get the families that options ask for: it
 * keeps its number, so what follows from that in IPv6 has to be free. EADDRINUSE
 * names who is in the way, EEXIST refuses to go to or from IPv6 alone.
 */
int choose_check_families(const struct cluster *cluster, const char *options,
			  struct kinc_error *err);

/* What the command line asks of a cluster beside its name and place. */
struct choose_asked {
	struct config config;
	char options[CONFIG_OPTIONS_MAX]; /* of config */
	bool configured;		  /* there is a configuration, be it an empty one */
	const char *image;		  /* of launch or of config; NULL when none is named */
};

/* The configuration file first, then what the command line says of the same. */
int choose_asked(const struct launch *launch, struct choose_asked *ret, struct kinc_error *err);

#endif
