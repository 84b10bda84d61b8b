/* SPDX-License-Identifier: MIT */
#ifndef NETD_DNS_SERVER_H
#define NETD_DNS_SERVER_H

#include <stdio.h>

#include "dns_outside.h"
#include "dns_resolve.h"
#include "loop.h"

/* Answers from a zone over UDP and TCP. */
struct dns_server {
	struct loop *loop;
	struct dns_zone *zone;
	struct dns_outside outside;
	struct source udp, tcp;
	struct dns_connection *connections;
	size_t connection_count;
	struct dns_pending *pending;
	struct dns_count {
		uint64_t udp, tcp, dropped, truncated, codes[DNS_REFUSED + 1];
	} count;
	uint8_t out[DNS_TCP_MAX];
};

/*
 * Binds "ADDRESS:PORT". Nothing is read before dns_server_serve: who asks
 * earlier waits in the socket's queue instead of being told what is not true.
 * upstream ("ADDRESS:PORT") may be NULL: then names outside stay CNAMEs.
 */
int dns_server_open(struct dns_server *server, struct loop *loop, struct dns_zone *zone,
		    const char *address, const char *upstream, struct kinc_error *err);
int dns_server_serve(struct dns_server *server, struct kinc_error *err);
void dns_server_close(struct dns_server *server);

/* Prometheus text. */
void dns_server_print_metrics(const struct dns_server *server, FILE *out);

#endif
