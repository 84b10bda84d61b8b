/* SPDX-License-Identifier: MIT */
#ifndef CNI_CONF_ROUTES_H
#define CNI_CONF_ROUTES_H

#include "conf.h"

/* Fills routes of conf from "ipam", after the sets, and that of isDefaultGateway. */
int conf_parse_routes(struct conf *conf, const cJSON *ipam, struct kinc_error *err);

#endif
