/* SPDX-License-Identifier: MIT */
#ifndef CNI_BRIDGE_H
#define CNI_BRIDGE_H

#include "conf.h"
#include "link.h"

/*
 * Finds conf's bridge, or makes it: up, with a MAC derived from its first
 * gateway address (a bridge without one takes that of its lowest port, and
 * changes it with every pod), with the MTU of the uplink unless conf has one,
 * and with the gateway addresses when conf wants them. A link of that name that is no bridge is
 * -EEXIST.
 */
int bridge_ensure(struct rtnl *rtnl, const struct conf *conf, struct link *ret_bridge,
		  struct kinc_error *err);

/*
 * IP forwarding for each family that conf has gateways of, and for isolated
 * ports of it the sysctls that send pod-to-pod traffic through the bridge's address.
 */
int bridge_forward(const struct conf *conf, struct kinc_error *err);

#endif
