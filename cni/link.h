/* SPDX-License-Identifier: MIT */
#ifndef CNI_LINK_H
#define CNI_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "rtnl.h"

struct link {
	int index;
	char name[IFNAMSIZ];
	char kind[16]; /* "bridge", "veth"; empty for real devices */
	unsigned char mac[6];
	unsigned mtu;
	int master; /* 0: in no bridge */
	bool up;    /* as the administrator wants it */
	bool running, promiscuous;
	bool hairpin, isolated, locked, forwarding; /* as a port of a bridge */
};

/* -ENODEV when there is none of that name. */
int link_get(struct rtnl *rtnl, const char *name, struct link *ret_link, struct kinc_error *err);

int link_get_index(struct rtnl *rtnl, int index, struct link *ret_link, struct kinc_error *err);

/* It is down. -EEXIST: name taken. */
int link_create_bridge(struct rtnl *rtnl, const char *name, const unsigned char mac[6],
		       struct kinc_error *err);

struct link_veth {
	const char *name; /* here, up at once, a port of bridge */
	int bridge;	       /* 0: of none */
	const char *peer;	       /* there, still down */
	int peer_netns;		       /* descriptor of the namespace */
	const unsigned char *peer_mac; /* NULL: the kernel makes one up */
	unsigned mtu;		       /* 0: the kernel's default */
};
int link_create_veth(struct rtnl *rtnl, const struct link_veth *veth, struct kinc_error *err);

/*
 * Settings of a port of a bridge. A locked one takes frames only from stations
 * that were added to it; kernels before 5.18 leave `locked` alone without a
 * word, so look with link_get.
 */
struct link_port {
	bool hairpin, isolated, locked;
};
int link_set_port(struct rtnl *rtnl, int index, const struct link_port *port,
		  struct kinc_error *err);
int link_add_station(struct rtnl *rtnl, int index, const unsigned char mac[6],
		     struct kinc_error *err);

/*
 * Takes IPv4 packets only from addresses that are reached by this link, and
 * tells nobody on it of shorter ways.
 */
int link_set_strict(struct rtnl *rtnl, int index, struct kinc_error *err);
int link_set_promiscuous(struct rtnl *rtnl, int index, struct kinc_error *err);
int link_set_mtu(struct rtnl *rtnl, int index, unsigned mtu, struct kinc_error *err);
int link_set_up(struct rtnl *rtnl, int index, struct kinc_error *err);

/*
 * Up, and from then on link_notify has the kernel send a gratuitous ARP for
 * each of its IPv4 addresses: it does so when a MAC is set, even to what it was.
 */
int link_set_up_notifying(struct rtnl *rtnl, int index, struct kinc_error *err);
int link_notify(struct rtnl *rtnl, const struct link *link, struct kinc_error *err);

/*
 * Waits until a port forwards and its bridge is running, at most that long;
 * without a bridge (NULL), until the link is running.
 * A kernel worker tells the bridge that its port has a carrier, and then that
 * it has one itself: until the first the port drops packets, until the second
 * the bridge drops its own. monitor was opened before the link was set up.
 * Being late is no failure.
 */
int link_wait_ready(struct rtnl *rtnl, struct rtnl *monitor, struct link *port, struct link *bridge,
		    int timeout_ms, struct kinc_error *err);

/* Milliseconds of a clock that only goes on. */
int64_t link_now_ms(void);

/* A link that is not there is -ENODEV. A veth takes its peer along. */
int link_delete(struct rtnl *rtnl, const char *name, struct kinc_error *err);

#endif
