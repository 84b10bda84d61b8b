/* SPDX-License-Identifier: MIT */
#ifndef CNI_CONF_RANGES_H
#define CNI_CONF_RANGES_H

#include "conf.h"

/* Fills sets, routes, data_dir and resolv_conf of conf from the "ipam" object of its tree. */
int conf_parse_ipam(struct conf *conf, struct kinc_error *err);

/* Whether the address lies in one of the set's ranges; a gateway may. */
bool conf_set_contains(const struct ip_range_set *set, const struct ip_address *address);

/* Whether an attachment gets an address of that family. */
bool conf_has_family(const struct conf *conf, int family);

/* The ranges of a family in all sets; returns their number, the list's valid part. */
size_t conf_list_ranges(const struct conf *conf, int family,
			const struct ip_range *list[CONF_SETS_MAX * CONF_RANGES_MAX]);

#endif
