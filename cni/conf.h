/* SPDX-License-Identifier: MIT */
#ifndef CNI_CONF_H
#define CNI_CONF_H

#include <net/if.h>

#include "ip.h"
#include "error.h"
#include "json.h"

/* In ascending order, so that versions can be compared. */
enum cni_version {
	CNI_0_3_0,
	CNI_0_3_1,
	CNI_0_4_0,
	CNI_1_0_0,
	CNI_1_1_0,
	CNI_VERSIONS,
};

/* "0.3.0" and so on. */
const char *cni_version_name(enum cni_version version);

/* 0, or -EPROTONOSUPPORT with a sentence that lists what is supported. */
int cni_version_parse(const char *text, enum cni_version *ret_version, struct kinc_error *err);

/* Addresses from first to last may be handed out, but never the gateway. */
struct ip_range {
	struct ip_prefix subnet; /* host bits are 0 */
	struct ip_address first, last;
	struct ip_address gateway;
};

#define CONF_SETS_MAX 8
#define CONF_RANGES_MAX 16
#define CONF_ROUTES_MAX 64
#define CONF_NAME_MAX 100
#define CONF_WISHES_MAX CONF_SETS_MAX

/* Every attachment gets one address of each set; a set is of one family. */
struct ip_range_set {
	struct ip_range ranges[CONF_RANGES_MAX];
	size_t count;
};

struct conf_route {
	struct ip_prefix destination;
	struct ip_address gateway; /* family AF_UNSPEC: that of the address's range */
	unsigned mtu, advmss;	   /* bytes; 0: not asked for */
	unsigned priority;	   /* 0: the kernel's default */
	unsigned table;		   /* 0: the main one */
	int scope;		   /* RT_SCOPE_*; -1: by the gateway */
};

/* What one attachment asks for, by CNI_ARGS, args.cni or runtimeConfig. */
struct conf_wish {
	struct ip_address addresses[CONF_WISHES_MAX];
	size_t count;
	unsigned char mac[6];
	bool has_mac;
};

/* One network, as the runtime hands it over on stdin. */
struct conf {
	enum cni_version version;
	const char *name;
	char bridge[IFNAMSIZ];
	unsigned mtu; /* bytes; 0: that of the uplink when the bridge is made */
	bool hairpin;
	bool promiscuous;     /* the bridge receives every frame */
	bool force_address;   /* another address of the bridge makes way for the gateway */
	bool mac_spoof_check; /* a pod sends only with its own MAC */
	bool port_isolation;  /* pods do not reach each other on the bridge */
	bool gateway;	      /* the bridge carries the ranges' gateway addresses */
	bool default_gateway; /* and is the pods' default route */
	bool masquerade;
	bool isolated; /* pods reach each other through the IP forward hook */
	bool routed;   /* and no pod is a port of the bridge: each has a route of its own */

	const char *gate;      /* kincnetd's socket; NULL: policies are not asked for */
	unsigned gate_seconds; /* how long ADD waits there */
	bool gate_admit;       /* without an answer a pod is let through all the same */

	struct ip_range_set sets[CONF_SETS_MAX];
	size_t set_count; /* 0: no ipam, the interface gets no address */
	struct conf_route routes[CONF_ROUTES_MAX];
	size_t route_count;
	const char *data_dir; /* absolute; leases live in data_dir/name */

	struct conf_wish wish;
	const char *resolv_conf;  /* a file to take dns from; NULL when not given */
	const cJSON *dns;	  /* NULL when not given; owned by tree */
	const cJSON *prev_result; /* NULL when not given */
	const cJSON *valid_attachments;
	bool attachments_given; /* valid_attachments is then NULL for none */
	cJSON *tree;		/* owns every pointer above */
};

/*
 * Parses and checks a network configuration. On success the caller releases
 * it by conf_release. The errno tells the kind of fault: EBADMSG no JSON,
 * EPROTONOSUPPORT another cniVersion, EOPNOTSUPP a key that kincnet does not
 * have (named with its value), EINVAL a value that cannot be.
 */
int conf_parse(const char *text, struct conf *ret_conf, struct kinc_error *err);

/*
 * The same from a configuration file of a runtime: a single network, or a
 * list whose plugin of type `type` is meant (NULL: the first).
 */
int conf_parse_file(const char *text, const char *type, struct conf *ret_conf,
		    struct kinc_error *err);

void conf_release(struct conf *conf);

/* The rule for containerID and network names: ^[a-zA-Z0-9][a-zA-Z0-9_.-]*$ */
bool conf_name_valid(const char *name);

/* A name that the kernel takes for an interface, and the spec too. */
bool conf_interface_valid(const char *name);

#endif
