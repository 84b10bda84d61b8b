/* SPDX-License-Identifier: MIT */
#ifndef CNI_CONF_RANGES_H
#define CNI_CONF_RANGES_H

#include "conf.h"

/* Fills sets, routes and data_dir of conf from the "ipam" object of its tree. */
int conf_parse_ipam(struct conf *conf, struct kinc_error *err);

/* The ranges of a family in all sets; returns their number, the list's valid part. */
size_t conf_list_ranges(const struct conf *conf, int family,
			const struct ip_range *list[CONF_SETS_MAX * CONF_RANGES_MAX]);

#endif
