/* SPDX-License-Identifier: MIT */
#ifndef KINC_IP_H
#define KINC_IP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

/* An IPv4 or IPv6 address in network byte order; the unused bytes are 0. */
struct ip_address {
	int family; /* AF_INET or AF_INET6 */
	unsigned char bytes[16];
};

struct ip_prefix {
	struct ip_address address; /* host bits are kept as they were given */
	unsigned length;	   /* 0 to 32 or 128 */
};

/* Room for a formatted prefix, with its NUL. */
#define IP_TEXT_MAX (INET6_ADDRSTRLEN + 4)
#define MAC_TEXT_MAX 18

/* Bytes of an address of that family: 4 or 16. */
size_t ip_size(int family);

/* 0, or -EINVAL: the text is no address ("10.0.0.1") or prefix ("10.0.0.0/8"). */
int ip_parse(const char *text, struct ip_address *ret_address);
int prefix_parse(const char *text, struct ip_prefix *ret_prefix);

/* Fills text, of IP_TEXT_MAX bytes, and returns it. */
char *ip_format(const struct ip_address *address, char *text);
char *prefix_format(const struct ip_prefix *prefix, char *text);

/* Order of two addresses; IPv4 comes before IPv6. */
int ip_compare(const struct ip_address *a, const struct ip_address *b);
bool ip_equal(const struct ip_address *a, const struct ip_address *b);

/* The address after, or before; the last one wraps around. */
struct ip_address ip_next(struct ip_address address);
struct ip_address ip_previous(struct ip_address address);

/* The network address (host bits 0) and the highest one (host bits 1). */
struct ip_address prefix_first(const struct ip_prefix *prefix);
struct ip_address prefix_last(const struct ip_prefix *prefix);
bool prefix_contains(const struct ip_prefix *prefix, const struct ip_address *address);

/*
 * A locally administered MAC that says its owner's address: 0a:58 and the four
 * IPv4 bytes, or a hash of the IPv6 ones. An address that is handed out again
 * keeps its MAC, so neighbours' ARP caches stay true.
 */
void ip_to_mac(const struct ip_address *address, unsigned char mac[6]);

/* As the kernel makes it by default: RFC 4291, appendix A. */
struct ip_address ip_link_local(const unsigned char mac[6]);

/* Fills text, of MAC_TEXT_MAX bytes, and returns it. */
char *mac_format(const unsigned char mac[6], char *text);

#endif
