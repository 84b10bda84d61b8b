/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: what comes in is checked byte by byte and copied; no
 * pointer into a message leaves this file. Names in questions may not be
 * compressed, those in replies may, backwards only, so that reading ends.
 * What goes out is written in order; a record that does not fit is taken back
 * whole.
 */
#include "dns_wire.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FLAG_RESPONSE 0x8000U
#define FLAG_AUTHORITATIVE 0x0400U
#define FLAG_TRUNCATED 0x0200U
#define FLAG_RECURSION 0x0100U
#define FLAG_CAN_RECURSE 0x0080U
#define CLASS_IN 1U
#define CLASS_ANY 255U
#define OPT_SIZE 11U
#define LABEL_MAX 63U
#define POINTER 0xC0U

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/*
 * The name at position as dotted text in lower case. Returns the position after
 * it, or 0. A label with a dot or a NUL in it is none of Kubernetes': refused.
 */
static size_t read_name(const uint8_t *data, size_t size, size_t position, bool pointers,
			char name[DNS_NAME_MAX + 1])
{
	size_t length = 0, after = 0, lowest = position;

	for (;;) {
		if (position >= size)
			return 0;
		unsigned label = data[position];
		if (label >= POINTER && pointers) {
			if (position + 1 >= size)
				return 0;
			size_t target = get16(data + position) & 0x3FFFU;
			after = after ? after : position + 2;
			if (target >= lowest)
				return 0;
			lowest = position = target;
			continue;
		}
		if (label > LABEL_MAX || position + 1 + label > size)
			return 0;
		position++;
		if (label == 0)
			break;
		if (length + label + 1 > DNS_NAME_MAX - 1)
			return 0;
		if (length)
			name[length++] = '.';
		for (unsigned i = 0; i < label; i++, position++) {
			if (data[position] == '.' || data[position] == '\0')
				return 0;
			name[length++] = (char)tolower(data[position]);
		}
	}
	name[length] = '\0';
	return after ? after : position;
}

static void split(struct dns_query *query)
{
	char *at = query->name;

	query->label_count = 0;
	while (*at) {
		query->labels[query->label_count++] = at;
		at += strcspn(at, ".");
		if (*at)
			*at++ = '\0';
	}
}

/* Records behind the question: only EDNS is of interest. */
static int read_additional(const uint8_t *data, size_t size, size_t position, unsigned count,
			   unsigned before, struct dns_query *query)
{
	char name[DNS_NAME_MAX + 1];

	for (unsigned i = 0; i < before + count; i++) {
		size_t at = read_name(data, size, position, true, name);
		if (at == 0 || size - at < 10)
			return DNS_FORMERR;
		unsigned length = get16(data + at + 8);
		if (size - at - 10 < length)
			return DNS_FORMERR;
		if (i >= before && get16(data + at) == DNS_OPT) {
			if (query->edns || name[0])
				return DNS_FORMERR;
			query->edns = true;
			query->udp_size = get16(data + at + 2);
			query->edns_version = data[at + 5];
		}
		position = at + 10 + length;
	}
	return 0;
}

int dns_query_parse(const uint8_t *data, size_t size, struct dns_query *ret_query)
{
	struct dns_query *query = ret_query;

	*query = (struct dns_query){.udp_size = DNS_UDP_MIN};
	if (size < DNS_HEADER)
		return -EBADMSG;
	unsigned flags = get16(data + 2);
	if (flags & FLAG_RESPONSE)
		return -EBADMSG;
	query->id = (uint16_t)get16(data);
	query->recursion = flags & FLAG_RECURSION;
	if (flags >> 11 & 0xFU)
		return DNS_NOTIMP;
	if (get16(data + 4) != 1)
		return DNS_FORMERR;
	size_t after = read_name(data, size, DNS_HEADER, false, query->name);
	if (after == 0 || size - after < 4)
		return DNS_FORMERR;
	query->type = (uint16_t)get16(data + after);
	query->class = (uint16_t)get16(data + after + 2);
	query->question_size = after + 4 - DNS_HEADER;
	split(query);
	int code = read_additional(data, size, after + 4, get16(data + 10),
				   get16(data + 6) + get16(data + 8), query);
	if (code != 0)
		return code;
	if (query->udp_size < DNS_UDP_MIN)
		query->udp_size = DNS_UDP_MIN;
	if (query->edns_version != 0)
		return DNS_BADVERS;
	return query->class == CLASS_IN || query->class == CLASS_ANY ? 0 : DNS_REFUSED;
}

void dns_answer_begin(struct dns_answer *answer, uint8_t *data, size_t limit,
		      const uint8_t *message, const struct dns_query *query)
{
	size_t reserved = query->edns ? OPT_SIZE : 0;

	assert(limit >= DNS_UDP_MIN && limit <= DNS_TCP_MAX);
	*answer = (struct dns_answer){.data = data, .limit = limit - reserved};
	memcpy(data + DNS_HEADER, message + DNS_HEADER, query->question_size);
	answer->size = DNS_HEADER + query->question_size;
	/* The question's name and what it ends in. */
	for (size_t at = DNS_HEADER, i = 0; i < query->label_count && i < DNS_LABELS_MAX / 4; i++) {
		answer->written[answer->written_count++].at = (uint16_t)at;
		at += 1U + data[at];
	}
}

static bool append(struct dns_answer *answer, const void *data, size_t size)
{
	if (size > answer->limit - answer->size)
		return false;
	memcpy(answer->data + answer->size, data, size);
	answer->size += size;
	return true;
}

/* Is the rest of a name, dotted, what was written at that position? */
static bool is_written(const struct dns_answer *answer, size_t at, const char *name)
{
	char found[DNS_NAME_MAX + 1];

	return read_name(answer->data, answer->size, at, true, found) && strcmp(found, name) == 0;
}

static bool append_name(struct dns_answer *answer, const char *name, bool compress)
{
	static const uint8_t question[] = {POINTER, DNS_HEADER}, end = 0;

	if (!name)
		return append(answer, question, sizeof(question));
	while (*name) {
		for (size_t i = 0; compress && i < answer->written_count; i++) {
			if (!is_written(answer, answer->written[i].at, name))
				continue;
			uint8_t pointer[2];
			put16(pointer, POINTER << 8 | answer->written[i].at);
			return append(answer, pointer, sizeof(pointer));
		}
		size_t length = strcspn(name, "."), at = answer->size;
		uint8_t label = (uint8_t)length;
		if (length == 0 || length > LABEL_MAX || !append(answer, &label, 1) ||
		    !append(answer, name, length))
			return false;
		if (at < 0x4000 &&
		    answer->written_count < sizeof(answer->written) / sizeof(answer->written[0]))
			answer->written[answer->written_count++].at = (uint16_t)at;
		name += length;
		name += *name == '.';
	}
	return append(answer, &end, 1);
}

/* Begins a record; *ret_start is what record_end needs. */
static bool record_begin(struct dns_answer *answer, const char *name, enum dns_type type,
			 uint32_t ttl)
{
	uint8_t fixed[10];

	put16(fixed, (unsigned)type);
	put16(fixed + 2, CLASS_IN);
	put16(fixed + 4, ttl >> 16);
	put16(fixed + 6, ttl & 0xFFFFU);
	put16(fixed + 8, 0);
	return append_name(answer, name, true) && append(answer, fixed, sizeof(fixed));
}

/* start: size of the answer before the record, data: where its data begins (0: it did not fit). */
static bool record_end(struct dns_answer *answer, size_t start, size_t written, size_t data,
		       bool fits)
{
	if (!fits) {
		answer->size = start;
		answer->written_count = written;
		/* What is additional may be left out without a word. */
		if (answer->section != DNS_ADDITIONAL)
			answer->truncated = true;
		return false;
	}
	put16(answer->data + data - 2, (unsigned)(answer->size - data));
	answer->counts[answer->section]++;
	return true;
}

bool dns_put_address(struct dns_answer *answer, const char *name, uint32_t ttl,
		     const struct ip_address *address)
{
	size_t start = answer->size, written = answer->written_count;
	bool fits = record_begin(answer, name, address->family == AF_INET ? DNS_A : DNS_AAAA, ttl);
	size_t data = answer->size;

	fits = fits && append(answer, address->bytes, ip_size(address->family));
	return record_end(answer, start, written, data, fits);
}

bool dns_put_name(struct dns_answer *answer, const char *name, enum dns_type type, uint32_t ttl,
		  const char *target)
{
	size_t start = answer->size, written = answer->written_count;
	bool fits = record_begin(answer, name, type, ttl);
	size_t data = answer->size;

	fits = fits && append_name(answer, target, true);
	return record_end(answer, start, written, data, fits);
}

bool dns_put_srv(struct dns_answer *answer, uint32_t ttl, unsigned port, const char *target)
{
	/* Priority 0, weight 100: all alike. */
	uint8_t fixed[6] = {0, 0, 0, 100};
	size_t start = answer->size, written = answer->written_count;
	bool fits = record_begin(answer, NULL, DNS_SRV, ttl);
	size_t data = answer->size;

	put16(fixed + 4, port);
	/* RFC 2782: this name may not be compressed. */
	fits = fits && append(answer, fixed, sizeof(fixed)) && append_name(answer, target, false);
	return record_end(answer, start, written, data, fits);
}

bool dns_put_text(struct dns_answer *answer, uint32_t ttl, const char *text)
{
	uint8_t length = (uint8_t)strlen(text);
	size_t start = answer->size, written = answer->written_count;
	bool fits = record_begin(answer, NULL, DNS_TXT, ttl);
	size_t data = answer->size;

	fits = fits && append(answer, &length, 1) && append(answer, text, length);
	return record_end(answer, start, written, data, fits);
}

bool dns_put_soa(struct dns_answer *answer, const char *zone, uint32_t ttl)
{
	/* Serial, refresh, retry, expire: nobody transfers this zone. */
	uint8_t numbers[20] = {[3] = 1, [6] = 0x1C, [7] = 0x20, [10] = 0x07,
			       [11] = 0x08, [13] = 0x01, [14] = 0x51, [15] = 0x80};
	char server[DNS_NAME_MAX + 20], mail[DNS_NAME_MAX + 20];
	size_t start = answer->size, written = answer->written_count;
	bool fits = record_begin(answer, zone, DNS_SOA, ttl);
	size_t data = answer->size;

	put16(numbers + 16, ttl >> 16);
	put16(numbers + 18, ttl & 0xFFFFU);
	snprintf(server, sizeof(server), "ns.dns.%s", zone);
	snprintf(mail, sizeof(mail), "hostmaster.%s", zone);
	fits = fits && append_name(answer, server, true) && append_name(answer, mail, true) &&
	       append(answer, numbers, sizeof(numbers));
	return record_end(answer, start, written, data, fits);
}

size_t dns_answer_end(struct dns_answer *answer, const struct dns_query *query, enum dns_code code,
		      bool authoritative)
{
	uint8_t *data = answer->data;
	unsigned flags = FLAG_RESPONSE | FLAG_CAN_RECURSE | ((unsigned)code & 0xFU);

	flags |= authoritative ? FLAG_AUTHORITATIVE : 0;
	flags |= answer->truncated ? FLAG_TRUNCATED : 0;
	flags |= query->recursion ? FLAG_RECURSION : 0;
	put16(data, query->id);
	put16(data + 2, flags);
	put16(data + 4, query->question_size ? 1 : 0);
	for (size_t i = 0; i < 3; i++)
		put16(data + 6 + 2 * i, answer->counts[i] + (i == DNS_ADDITIONAL && query->edns));
	if (query->edns) {
		uint8_t opt[OPT_SIZE] = {0, 0, DNS_OPT, DNS_UDP_MAX >> 8, DNS_UDP_MAX & 0xFF,
					 (uint8_t)(code >> 4)};
		memcpy(data + answer->size, opt, sizeof(opt));
		answer->size += sizeof(opt);
	}
	return answer->size;
}

size_t dns_query_write(uint8_t *data, uint16_t id, const char *name, enum dns_type type)
{
	static const uint8_t opt[OPT_SIZE] = {0, 0, DNS_OPT, DNS_UDP_MAX >> 8, DNS_UDP_MAX & 0xFF};
	struct dns_answer question = {.data = data, .limit = DNS_UDP_MIN - sizeof(opt),
				      .size = DNS_HEADER};
	uint8_t fixed[4];

	memset(data, 0, DNS_HEADER);
	put16(data, id);
	put16(data + 2, FLAG_RECURSION);
	put16(data + 4, 1);
	put16(data + 10, 1);
	put16(fixed, (unsigned)type);
	put16(fixed + 2, CLASS_IN);
	if (strlen(name) > DNS_NAME_MAX - 2 || !append_name(&question, name, false) ||
	    !append(&question, fixed, sizeof(fixed)))
		return 0;
	memcpy(data + question.size, opt, sizeof(opt));
	return question.size + sizeof(opt);
}

/* One record; returns the position after it, or 0. */
static size_t read_record(const uint8_t *data, size_t size, size_t position,
			  struct dns_record *record)
{
	size_t at = read_name(data, size, position, true, record->name);

	if (at == 0 || size - at < 10 || size - at - 10 < get16(data + at + 8))
		return 0;
	unsigned length = get16(data + at + 8);
	size_t content = at + 10;
	record->type = (uint16_t)get16(data + at);
	record->ttl = get16(data + at + 4) << 16 | get16(data + at + 6);
	record->address = (struct ip_address){0};
	if ((record->type == DNS_A && length == 4) || (record->type == DNS_AAAA && length == 16)) {
		record->address.family = length == 4 ? AF_INET : AF_INET6;
		memcpy(record->address.bytes, data + content, length);
	} else if (record->type == DNS_CNAME) {
		if (!read_name(data, size, content, true, record->target))
			return 0;
	} else {
		record->type = 0;
	}
	return content + length;
}

int dns_reply_read(const uint8_t *data, size_t size, uint16_t id, const char *name,
		   enum dns_type type, enum dns_code *ret_code, dns_visit *visit, void *context)
{
	char asked[DNS_NAME_MAX + 1];
	struct dns_record record;

	if (size < DNS_HEADER || get16(data) != id || !(get16(data + 2) & FLAG_RESPONSE) ||
	    get16(data + 4) != 1)
		return -EBADMSG;
	size_t position = read_name(data, size, DNS_HEADER, false, asked);
	if (position == 0 || size - position < 4 || strcasecmp(asked, name) != 0 ||
	    get16(data + position) != (unsigned)type)
		return -EBADMSG;
	position += 4;
	for (unsigned left = get16(data + 6); left; left--) {
		position = read_record(data, size, position, &record);
		if (position == 0)
			return -EBADMSG;
		if (record.type)
			visit(context, &record);
	}
	*ret_code = (enum dns_code)(get16(data + 2) & 0xFU);
	return 0;
}
