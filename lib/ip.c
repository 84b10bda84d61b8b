/* SPDX-License-Identifier: MIT */
#include "ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

size_t ip_size(int family)
{
	return family == AF_INET ? 4 : 16;
}

int ip_parse(const char *text, struct ip_address *ret_address)
{
	struct ip_address address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	if (inet_pton(address.family, text, address.bytes) != 1)
		return -EINVAL;
	*ret_address = address;
	return 0;
}

int prefix_parse(const char *text, struct ip_prefix *ret_prefix)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN];
	struct ip_prefix prefix;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (ip_parse(address, &prefix.address) < 0)
		return -EINVAL;

	const char *digits = slash + 1;
	size_t count = strspn(digits, "0123456789");
	if (count == 0 || count > 3 || digits[count])
		return -EINVAL;
	prefix.length = (unsigned)strtoul(digits, NULL, 10);
	if (prefix.length > ip_size(prefix.address.family) * 8)
		return -EINVAL;
	*ret_prefix = prefix;
	return 0;
}

char *ip_format(const struct ip_address *address, char *text)
{
	if (!inet_ntop(address->family, address->bytes, text, INET6_ADDRSTRLEN))
		text[0] = '\0';
	return text;
}

char *prefix_format(const struct ip_prefix *prefix, char *text)
{
	size_t used = strlen(ip_format(&prefix->address, text));

	snprintf(text + used, IP_TEXT_MAX - used, "/%u", prefix->length);
	return text;
}

int ip_compare(const struct ip_address *a, const struct ip_address *b)
{
	if (a->family != b->family)
		return a->family == AF_INET ? -1 : 1;
	return memcmp(a->bytes, b->bytes, ip_size(a->family));
}

bool ip_equal(const struct ip_address *a, const struct ip_address *b)
{
	return ip_compare(a, b) == 0;
}

struct ip_address ip_next(struct ip_address address)
{
	for (size_t i = ip_size(address.family); i-- > 0;)
		if (++address.bytes[i] != 0)
			break;
	return address;
}

struct ip_address ip_previous(struct ip_address address)
{
	for (size_t i = ip_size(address.family); i-- > 0;)
		if (address.bytes[i]-- != 0)
			break;
	return address;
}

/* The bits of byte i that belong to the network. */
static unsigned char prefix_mask(const struct ip_prefix *prefix, size_t i)
{
	if (prefix->length >= (i + 1) * 8)
		return 0xff;
	if (prefix->length <= i * 8)
		return 0;
	return (unsigned char)(0xff << (8 - prefix->length % 8));
}

struct ip_address prefix_first(const struct ip_prefix *prefix)
{
	struct ip_address first = prefix->address;

	for (size_t i = 0; i < ip_size(first.family); i++)
		first.bytes[i] &= prefix_mask(prefix, i);
	return first;
}

struct ip_address prefix_last(const struct ip_prefix *prefix)
{
	struct ip_address last = prefix->address;

	for (size_t i = 0; i < ip_size(last.family); i++)
		last.bytes[i] |= (unsigned char)~prefix_mask(prefix, i);
	return last;
}

bool prefix_contains(const struct ip_prefix *prefix, const struct ip_address *address)
{
	struct ip_prefix other = {*address, prefix->length};

	if (prefix->address.family != address->family)
		return false;
	struct ip_address a = prefix_first(prefix), b = prefix_first(&other);
	return ip_equal(&a, &b);
}

void ip_to_mac(const struct ip_address *address, unsigned char mac[6])
{
	mac[0] = 0x0a;
	mac[1] = 0x58;
	if (address->family == AF_INET) {
		memcpy(mac + 2, address->bytes, 4);
		return;
	}
	uint64_t hash = hash_bytes(HASH_START, address->bytes, sizeof(address->bytes));
	for (size_t i = 2; i < 6; i++)
		mac[i] = (unsigned char)(hash >> (8 * i));
}

char *mac_format(const unsigned char mac[6], char *text)
{
	snprintf(text, MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return text;
}

struct ip_address ip_link_local(const unsigned char mac[6])
{
	return (struct ip_address){
		AF_INET6,
		{0xfe, 0x80, [8] = mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]}};
}
