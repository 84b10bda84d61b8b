/* SPDX-License-Identifier: MIT */
#ifndef NETD_DNS_OUTSIDE_H
#define NETD_DNS_OUTSIDE_H

#include "dns_wire.h"
#include "loop.h"

/* Asks the upstream server for names outside of the cluster. */
struct dns_outside {
	struct loop *loop;
	struct source source; /* fd -EBADF: there is no upstream server */
	struct dns_question *questions;
	size_t count;
	uint64_t total;
};

/* One question, which lives in what it is asked for. */
struct dns_question {
	/* size 0: no answer came in time. The question may be freed there. */
	void (*answered)(struct dns_question *question, const uint8_t *reply, size_t size);

	struct dns_outside *outside;
	struct dns_question *next;
	struct timer timer;
	uint16_t id;
	enum dns_type type;
	char name[DNS_NAME_MAX + 1];
};

/* address is "ADDRESS:PORT", or NULL for none. */
int dns_outside_open(struct dns_outside *outside, struct loop *loop, const char *address,
		     struct kinc_error *err);
void dns_outside_close(struct dns_outside *outside);

/* False: there is nobody to ask, or too much is asked already. */
bool dns_outside_ask(struct dns_outside *outside, struct dns_question *question, const char *name,
		     enum dns_type type);
void dns_outside_cancel(struct dns_question *question);

/* "10.0.0.1:53" or "[fd00::1]:53"; -EINVAL. */
int dns_address_parse(const char *text, struct sockaddr_storage *ret, socklen_t *ret_size,
		      struct kinc_error *err);

#endif
