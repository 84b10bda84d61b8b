/* SPDX-License-Identifier: MIT */
#ifndef CNI_GATEWAY_H
#define CNI_GATEWAY_H

#include "conf.h"
#include "rtnl.h"

/*
 * The bridge of that index carries the gateway address of each range of conf.
 * Another address of it, IPv4 or in one of conf's subnets, is -EEXIST, unless
 * conf wants that such addresses make way.
 */
int gateway_ensure(struct rtnl *rtnl, const struct conf *conf, int index, struct kinc_error *err);

#endif
