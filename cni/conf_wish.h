/* SPDX-License-Identifier: MIT */
#ifndef CNI_CONF_WISH_H
#define CNI_CONF_WISH_H

#include "conf.h"

/*
 * Fills wish and dns of conf from args.cni and runtimeConfig of its tree; the
 * runtime's MAC replaces that of args.cni.
 */
int conf_parse_wish(struct conf *conf, struct kinc_error *err);

/* "10.1.2.3" or "10.1.2.3/24"; where is for messages. */
int conf_wish_address(struct conf_wish *wish, const char *where, const char *text,
		      struct kinc_error *err);
/* A unicast MAC, "0a:58:0a:01:02:03". */
int conf_wish_mac(struct conf_wish *wish, const char *where, const char *text,
		  struct kinc_error *err);

/*
 * Each address asked for must be one that a set of its own can give. picked[i]
 * becomes the wish for set i, NULL where any address will do. -EINVAL.
 */
int conf_wish_assign(const struct conf *conf, const struct ip_address *picked[CONF_SETS_MAX],
		     struct kinc_error *err);

#endif
