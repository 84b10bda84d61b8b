/* SPDX-License-Identifier: MIT */
#ifndef CNI_RESULT_H
#define CNI_RESULT_H

#include "ipam.h"
#include "link.h"

/* The error codes of the CNI specification, and kincnet's own from 100 on. */
enum cni_code {
	CNI_INCOMPATIBLE_VERSION = 1,
	CNI_UNSUPPORTED_FIELD = 2,
	CNI_UNKNOWN_CONTAINER = 3,
	CNI_INVALID_ENVIRONMENT = 4,
	CNI_IO_FAILURE = 5,
	CNI_DECODING_FAILURE = 6,
	CNI_INVALID_CONFIG = 7,
	CNI_TRY_AGAIN = 11,
	CNI_NOT_AVAILABLE = 50,
	CNI_EXISTS = 100,    /* interface or lease: DEL must come first */
	CNI_EXHAUSTED = 101, /* no free address */
	CNI_NETWORK = 102,   /* the kernel refused an operation */
	CNI_MISMATCH = 103,  /* CHECK: not as ADD left it */
};

/* What ADD made. */
struct result {
	struct link bridge, host, pod; /* name, mac and mtu are told */
	const char *netns;
	struct lease leases[CONF_SETS_MAX]; /* conf's set_count of them */
};

/* -EINVAL: the prevResult that plugins before this one in the chain left is malformed. */
int result_check_chain(const struct conf *conf, struct kinc_error *err);

/*
 * Success of ADD in the version of conf, after what those plugins made; the
 * caller frees. NULL: no memory.
 */
char *result_print(const struct conf *conf, const struct result *result);

/* Success of ADD of the plugin "loopback". */
char *result_print_loopback(enum cni_version version, const char *netns);

/* Failure of any command. version NULL: not known. */
char *result_print_error(const char *version, enum cni_code code, const char *message);

/* Answer to VERSION; version is what was asked with. */
char *result_print_versions(const char *version);

/*
 * The gateway of a route: its own, or that of the lease of its family. NULL
 * when there is none.
 */
const struct ip_address *result_gateway(const struct conf_route *route, const struct lease *leases,
					size_t count);

/* What CHECK needs of a prevResult. */
struct previous {
	struct lease leases[CONF_SETS_MAX];
	size_t count;
	char mac[MAC_TEXT_MAX]; /* empty: not told */
};

/* -EINVAL: prevResult is missing, malformed, or has addresses outside of conf. */
int result_read_previous(const struct conf *conf, const char *ifname, struct previous *ret_previous,
			 struct kinc_error *err);

#endif
