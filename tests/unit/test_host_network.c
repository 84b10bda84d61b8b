/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host/network.h"

static void assert_pair(int port, const struct network_taken *taken, const char *pods,
			const char *services, const char *why)
{
	char got[NETWORK_TEXT_MAX], reason[NETWORK_WHY_MAX];
	struct network_pair pair;

	assert_int_equal(network_choose(port, taken, &pair, reason, NULL), 0);
	network_format(pair.pods, got);
	assert_string_equal(got, pods);
	network_format(pair.services, got);
	assert_string_equal(got, services);
	assert_string_equal(reason, why);
}

static void follows_the_formula(void **state)
{
	const struct network_taken none = {0};

	(void)state;
	assert_pair(6443, &none, "10.244.43.0/24", "10.43.0.0/16", "");
	assert_pair(6444, &none, "10.244.44.0/24", "10.44.0.0/16", "");
	assert_pair(6655, &none, "10.244.255.0/24", "10.255.0.0/16", "");
}

static void ipv6_stands_beside_it(void **state)
{
	char pods[NETWORK_TEXT_MAX + 8], services[NETWORK_TEXT_MAX + 8];
	const struct network_pair pair = network_pair_of(255);

	(void)state;
	network_format_beside(&pair, pods, services);
	assert_string_equal(pods, "fd00:10:244:255::/64");
	assert_string_equal(services, "fd00:10:96:255::/112");
}

static void avoids_what_collides(void **state)
{
	struct network_taken taken = {0};
	struct network other;

	(void)state;
	assert_pair(6644, &taken, "10.244.245.0/24", "10.245.0.0/16",
		    "the subnets of port 6644 collide with its own pods");
	assert_pair(6400, &taken, "10.244.1.0/24", "10.1.0.0/16",
		    "the subnets of port 6400 collide with the network of slirp4netns");
	assert_pair(8443, &taken, "10.244.43.0/24", "10.43.0.0/16",
		    "no subnets follow from port 8443");
	assert_pair(80, &taken, "10.244.43.0/24", "10.43.0.0/16", "no subnets follow from port 80");
	assert_int_equal(network_parse("10.43.7.0/24", &other), 0);
	assert_int_equal(network_taken_add(&taken, other, "cluster dev"), 0);
	assert_pair(6443, &taken, "10.244.44.0/24", "10.44.0.0/16",
		    "the subnets of port 6443 collide with cluster dev");
	network_taken_release(&taken);
}

static void wraps_and_ends(void **state)
{
	struct network_taken taken = {0};
	struct network_pair pair;
	char why[NETWORK_WHY_MAX];
	struct network all;

	(void)state;
	assert_int_equal(network_taken_add(&taken, network_pair_of(255).services, "a route"), 0);
	assert_pair(6655, &taken, "10.244.1.0/24", "10.1.0.0/16",
		    "the subnets of port 6655 collide with a route");
	assert_int_equal(network_parse("10.0.0.0/8", &all), 0);
	assert_int_equal(network_taken_add(&taken, all, "a route"), 0);
	assert_int_equal(network_choose(6443, &taken, &pair, why, NULL), -EADDRINUSE);
	network_taken_release(&taken);
}

static void parses_networks(void **state)
{
	static const char *const bad[] = {
		"",	    "10.0.0.0",	   "10.0.0.0/",	  "10.0.0.0/33",
		"10.0.0/8", "10.0.0.0/-1", "10.0.0.0/8x", "/8",
		"::/0",	    "10.0.0.0/ 8", "256.0.0.0/8", "10.0.0.0000000000000/8"};
	struct network network;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(network_parse(bad[i], &network), -EINVAL);
	assert_int_equal(network_parse("10.244.43.0/24", &network), 0);
	assert_int_equal(network.address, 0x0af42b00);
	assert_int_equal(network.prefix, 24);
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
		{"10.0.0.1/32", "10.0.0.2/32", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct network a, b;
		assert_int_equal(network_parse(cases[i].a, &a), 0);
		assert_int_equal(network_parse(cases[i].b, &b), 0);
		assert_int_equal(network_overlap(a, b), cases[i].overlap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_formula),
		cmocka_unit_test(ipv6_stands_beside_it),
		cmocka_unit_test(avoids_what_collides),
		cmocka_unit_test(wraps_and_ends),
		cmocka_unit_test(parses_networks),
		cmocka_unit_test(parses_ports),
		cmocka_unit_test(overlaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
