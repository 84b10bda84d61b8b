/* SPDX-License-Identifier: MIT */
#ifndef CNI_CONF_RESOLV_H
#define CNI_CONF_RESOLV_H

#include "conf.h"

/* dns of conf from the file ipam.resolvConf, unless conf names its own. */
int conf_read_resolv(struct conf *conf, struct kinc_error *err);

/* The same from text in the form of resolv.conf(5); the caller deletes it. */
cJSON *conf_parse_resolv(char *text);

#endif
