/* SPDX-License-Identifier: MIT */
#ifndef NETD_DNS_WIRE_H
#define NETD_DNS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ip.h"

/* DNS messages (RFC 1035, EDNS of RFC 6891). */
enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_OPT = 41,
	DNS_ANY = 255,
};
enum dns_code {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
	DNS_BADVERS = 16,
};
enum {
	DNS_NAME_MAX = 255, /* bytes on the wire */
	DNS_LABELS_MAX = 127,
	DNS_HEADER = 12,
	DNS_UDP_MIN = 512,
	DNS_UDP_MAX = 1232, /* what no network cuts into pieces */
	DNS_TCP_MAX = 65535,
};

/* A query of one question. */
struct dns_query {
	uint16_t id, type, class;
	bool recursion; /* is desired */
	bool edns;
	unsigned edns_version;
	size_t udp_size; /* what the asker takes */
	size_t question_size; /* bytes of the question, which stands behind the header */
	/* The name in lower case, as labels from the left: text with a NUL each. */
	char name[DNS_NAME_MAX + 1];
	const char *labels[DNS_LABELS_MAX];
	size_t label_count;
};

/*
 * 0; or the code to refuse with, where at least the header could be read (id and
 * question_size, which may be 0, are filled then); or -EBADMSG: no query, not to
 * be answered at all.
 */
int dns_query_parse(const uint8_t *data, size_t size, struct dns_query *ret_query);

/*
 * An answer that is being written: into room bytes at data, which also is what
 * limits it. What does not fit sets truncated.
 */
struct dns_answer {
	uint8_t *data;
	size_t size, room, limit;
	unsigned counts[3]; /* answers, authority, additional */
	enum dns_section { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL } section;
	bool truncated;
	/* Names that were written already, for compression. */
	struct dns_written {
		uint16_t at;
	} written[64];
	size_t written_count;
};

/* limit: bytes that the asker takes. The question is copied from query's message. */
void dns_answer_begin(struct dns_answer *answer, uint8_t *data, size_t limit,
		      const uint8_t *message, const struct dns_query *query);

/*
 * Records. name is a dotted text without a dot at the end; NULL is the name of
 * the question. False: it did not fit and is not there.
 */
bool dns_put_address(struct dns_answer *answer, const char *name, uint32_t ttl,
		     const struct ip_address *address);
bool dns_put_name(struct dns_answer *answer, const char *name, enum dns_type type, uint32_t ttl,
		  const char *target);
bool dns_put_srv(struct dns_answer *answer, uint32_t ttl, unsigned port, const char *target);
bool dns_put_text(struct dns_answer *answer, uint32_t ttl, const char *text);
/* Who is asked about zone; negative answers live for ttl. */
bool dns_put_soa(struct dns_answer *answer, const char *zone, uint32_t ttl);

/* Writes header and EDNS; returns the size of the whole. */
size_t dns_answer_end(struct dns_answer *answer, const struct dns_query *query, enum dns_code code,
		      bool authoritative);

/*
 * A query as it is sent: id, a question and EDNS. 0 where name is none. room is
 * at least DNS_UDP_MIN.
 */
size_t dns_query_write(uint8_t *data, uint16_t id, const char *name, enum dns_type type);

/*
 * Goes through the answer section of a message that came back: each record of
 * one of the types A, AAAA and CNAME. -EBADMSG: it is none.
 */
struct dns_record {
	char name[DNS_NAME_MAX + 1], target[DNS_NAME_MAX + 1]; /* target: of a CNAME */
	uint16_t type;
	uint32_t ttl;
	struct ip_address address;
};
typedef void dns_visit(void *context, const struct dns_record *record);
int dns_reply_read(const uint8_t *data, size_t size, uint16_t id, const char *name,
		   enum dns_type type, enum dns_code *ret_code, dns_visit *visit, void *context);

#endif
