/* SPDX-License-Identifier: MIT */
#include "policy_table.h"

#include <sys/socket.h>

#define ADD_RULE "add rule " KINC_POLICY_TABLE " gate "

void kinc_policy_table_print(FILE *out, const struct ip_prefix *subnets, size_t count, bool admit)
{
	static const char *const sides[] = {"daddr", "saddr"};
	char text[IP_TEXT_MAX];

	fputs("add table " KINC_POLICY_TABLE "\n"
	      "add set " KINC_POLICY_TABLE " " KINC_POLICY_KNOWN4 " { type ipv4_addr; }\n"
	      "add set " KINC_POLICY_TABLE " " KINC_POLICY_KNOWN6 " { type ipv6_addr; }\n"
	      "add chain " KINC_POLICY_TABLE " gate "
	      "{ type filter hook forward priority filter - 2; policy accept; }\n"
	      "flush chain " KINC_POLICY_TABLE " gate\n" ADD_RULE
	      "ct state established,related accept\n",
	      out);
	for (size_t i = 0; !admit && i < count; i++) {
		bool ipv4 = subnets[i].address.family == AF_INET;
		const char *ip = ipv4 ? "ip" : "ip6";
		const char *known = ipv4 ? KINC_POLICY_KNOWN4 : KINC_POLICY_KNOWN6;
		prefix_format(&subnets[i], text);
		for (size_t j = 0; j < 2; j++)
			fprintf(out, ADD_RULE "%s %s %s %s %s != @%s counter drop\n", ip, sides[j],
				text, ip, sides[j], known);
	}
}
