/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "host/network.h"

static void taken_add(struct network_taken *taken, const char *text, const char *by)
{
	struct ip_prefix network;

	assert_int_equal(prefix_parse(text, &network), 0);
	assert_int_equal(network_taken_add(taken, &network, by), 0);
}

static void assert_families(int port, enum network_families families,
			    const struct network_taken *taken, const char *pods,
			    const char *services, const char *why)
{
	char got_pods[NETWORK_TEXT_MAX], got_services[NETWORK_TEXT_MAX], reason[NETWORK_WHY_MAX];
	struct network_pair pair;

	assert_int_equal(network_choose(port, families, taken, &pair, reason, NULL), 0);
	network_format(&pair, families, got_pods, got_services);
	assert_string_equal(got_pods, pods);
	assert_string_equal(got_services, services);
	assert_string_equal(reason, why);
}

static void assert_pair(int port, const struct network_taken *taken, const char *pods,
			const char *services, const char *why)
{
	assert_families(port, NETWORK_IPV4, taken, pods, services, why);
}

static void follows_the_formula(void **state)
{
	const struct network_taken none = {0};

	(void)state;
	assert_pair(6443, &none, "10.244.43.0/24", "10.43.0.0/16", "");
	assert_pair(6444, &none, "10.244.44.0/24", "10.44.0.0/16", "");
	assert_pair(6655, &none, "10.244.255.0/24", "10.255.0.0/16", "");
}

static void ipv6_follows_too(void **state)
{
	const struct network_taken none = {0};

	(void)state;
	assert_families(6655, NETWORK_DUAL, &none, "10.244.255.0/24,fd00:10:244:255::/64",
			"10.255.0.0/16,fd00:10:96:255::/112", "");
	assert_families(6409, NETWORK_DUAL, &none, "10.244.9.0/24,fd00:10:244:9::/64",
			"10.9.0.0/16,fd00:10:96:9::/112", "");
	assert_families(6500, NETWORK_IPV6, &none, "fd00:10:244:100::/64", "fd00:10:96:100::/112",
			"");
}

/* No two clusters meet, whatever families they have. */
static void numbers_are_apart(void **state)
{
	static const int families[] = {AF_INET, AF_INET6};

	(void)state;
	for (size_t f = 0; f < 2; f++)
		for (int n = 0; n < 256; n++) {
			struct network_taken taken = {0};
			struct network_pair pair = network_pair_of(n, families[f]);
			if (families[f] == AF_INET)
				assert_int_equal(network_pair_number(&pair), n);
			assert_int_equal(network_taken_add(&taken, &pair.pods, "pods"), 0);
			assert_int_equal(network_taken_add(&taken, &pair.services, "services"), 0);
			for (int m = 0; m < 256; m++) {
				struct network_pair other = network_pair_of(m, families[f]);
				const char *conflict = network_pair_conflict(&other, &taken);
				/* 244, whose services are where all pods of IPv4 are, and 0. */
				bool odd = families[f] == AF_INET &&
					   (m == 244 || n == 244 || m == 0);
				if (!odd)
					assert_true(m == n ? conflict != NULL : conflict == NULL);
			}
			network_taken_release(&taken);
		}
}

static void avoids_what_collides(void **state)
{
	struct network_taken taken = {0};

	(void)state;
	assert_pair(6644, &taken, "10.244.245.0/24", "10.245.0.0/16",
		    "the subnets of port 6644 collide with its own pods");
	assert_pair(6400, &taken, "10.244.1.0/24", "10.1.0.0/16",
		    "the subnets of port 6400 collide with the network of slirp4netns");
	assert_pair(8443, &taken, "10.244.43.0/24", "10.43.0.0/16",
		    "no subnets follow from port 8443");
	assert_pair(80, &taken, "10.244.43.0/24", "10.43.0.0/16", "no subnets follow from port 80");
	taken_add(&taken, "10.43.7.0/24", "cluster dev");
	assert_pair(6443, &taken, "10.244.44.0/24", "10.44.0.0/16",
		    "the subnets of port 6443 collide with cluster dev");
	network_taken_release(&taken);
}

/* Of either family, and only where the cluster has that family. */
static void avoids_what_collides_in_ipv6(void **state)
{
	static const struct {
		const char *taken;
		bool collides;
	} cases[] = {
		{"fd00:10:244:43::1/128", true}, {"fd00:10:244:42::/63", true},
		{"fd00:10:96:43::5/64", true},	 {"fd00:10:96:43:0:0:0:ff/128", true},
		{"fd00:10:244:44::/64", false},	 {"fd00:10:96:43:0:0:1:0/112", false},
		{"fd00::/64", false},		 {"fe80::1/64", false},
		{"ff00::/8", false},		 {"::1/128", false},
		{"2001:db8::/32", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct network_taken taken = {0};
		const char *n = cases[i].collides ? "44" : "43";
		char pods[NETWORK_TEXT_MAX], services[NETWORK_TEXT_MAX], why[NETWORK_WHY_MAX] = "";
		taken_add(&taken, cases[i].taken, "interface eth9");
		assert_pair(6443, &taken, "10.244.43.0/24", "10.43.0.0/16", "");
		if (cases[i].collides)
			snprintf(why, sizeof(why), "the subnets of port 6443 collide with %s",
				 "interface eth9");
		snprintf(pods, sizeof(pods), "10.244.%s.0/24,fd00:10:244:%s::/64", n, n);
		snprintf(services, sizeof(services), "10.%s.0.0/16,fd00:10:96:%s::/112", n, n);
		assert_families(6443, NETWORK_DUAL, &taken, pods, services, why);
		snprintf(pods, sizeof(pods), "fd00:10:244:%s::/64", n);
		snprintf(services, sizeof(services), "fd00:10:96:%s::/112", n);
		assert_families(6443, NETWORK_IPV6, &taken, pods, services, why);
		network_taken_release(&taken);
	}
}

static void wraps_and_ends(void **state)
{
	struct network_taken taken = {0};
	struct network_pair pair;
	struct kinc_error err = {0};
	char why[NETWORK_WHY_MAX];

	(void)state;
	taken_add(&taken, "10.255.0.0/16", "a route");
	assert_pair(6655, &taken, "10.244.1.0/24", "10.1.0.0/16",
		    "the subnets of port 6655 collide with a route");
	taken_add(&taken, "fd00:10::/32", "a route");
	assert_pair(6443, &taken, "10.244.43.0/24", "10.43.0.0/16", "");
	assert_int_equal(network_choose(6443, NETWORK_DUAL, &taken, &pair, why, &err), -EADDRINUSE);
	assert_non_null(strstr(err.message, "or a route to 10.0.0.0/8 or fd00:10::/32"));
	taken_add(&taken, "10.0.0.0/8", "a route");
	assert_int_equal(network_choose(6443, NETWORK_IPV4, &taken, &pair, why, &err), -EADDRINUSE);
	assert_null(strstr(err.message, "fd00"));
	network_taken_release(&taken);
}

static void parses_networks(void **state)
{
	static const char *const bad[] = {
		"",	    "10.0.0.0",	   "10.0.0.0/",	  "10.0.0.0/33",
		"10.0.0/8", "10.0.0.0/-1", "10.0.0.0/8x", "/8",
		"::/129",   "10.0.0.0/ 8", "256.0.0.0/8", "10.0.0.0000000000000/8"};
	struct ip_prefix network;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(prefix_parse(bad[i], &network), -EINVAL);
	assert_int_equal(prefix_parse("10.244.43.0/24", &network), 0);
	assert_memory_equal(network.address.bytes, "\x0a\xf4\x2b", 4);
	assert_int_equal(network.length, 24);
}

static void parses_ports(void **state)
{
	static const char *const bad[] = {
		"",   "0", "65536", "70000", "-1", "6443x", " 6443", "0x10", "99999999999999999999",
		"+80"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(network_parse_port(bad[i], NULL), -EINVAL);
	assert_int_equal(network_parse_port("1", NULL), 1);
	assert_int_equal(network_parse_port("65535", NULL), 65535);
}

static void overlaps(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} cases[] = {
		{"10.0.0.0/8", "10.43.0.0/16", true},	 {"10.43.0.0/16", "10.0.0.0/8", true},
		{"10.43.0.0/16", "10.44.0.0/16", false}, {"0.0.0.0/0", "10.0.0.0/8", true},
		{"10.0.0.1/32", "10.0.0.2/32", false},	 {"0.0.0.0/0", "::/0", false},
		{"fd00:10::/32", "fd00:10::7/128", true}, {"::/0", "fd00::/8", true},
		{"fd00:10::/32", "fd00:11::/32", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ip_prefix a, b;
		assert_int_equal(prefix_parse(cases[i].a, &a), 0);
		assert_int_equal(prefix_parse(cases[i].b, &b), 0);
		assert_int_equal(network_overlap(&a, &b), cases[i].overlap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_formula),
		cmocka_unit_test(ipv6_follows_too),
		cmocka_unit_test(numbers_are_apart),
		cmocka_unit_test(avoids_what_collides),
		cmocka_unit_test(avoids_what_collides_in_ipv6),
		cmocka_unit_test(wraps_and_ends),
		cmocka_unit_test(parses_networks),
		cmocka_unit_test(parses_ports),
		cmocka_unit_test(overlaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
