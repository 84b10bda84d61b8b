/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cni/conf.h"
#include "cni/conf_ranges.h"
#include "cni/conf_resolv.h"
#include "cni/conf_wish.h"
#include "cni/masquerade.h"

#define WITH(keys, ipam)                                                                           \
	"{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"kincnet\"" keys ",\"ipam\":{" ipam  \
	"}}"
#define SUBNET "\"subnet\":\"10.1.2.0/24\""

static struct conf conf;

static void accepts(const char *text)
{
	struct kinc_error err = {0};

	if (conf_parse(text, &conf, &err) < 0)
		fail_msg("%s: %s", text, err.message);
}

/* The sentence must name what is wrong. */
static void refuses(const char *text, int code, const char *named)
{
	struct kinc_error err = {0};
	int result = conf_parse(text, &conf, &err);

	if (result != -code)
		fail_msg("%s: %d (%s), not %d", text, result, err.message, -code);
	assert_int_equal(err.code, code);
	if (!strstr(err.message, named))
		fail_msg("%s: \"%s\" does not say \"%s\"", text, err.message, named);
}

static void defaults(void **state)
{
	char text[IP_TEXT_MAX];

	(void)state;
	accepts(WITH("", SUBNET));
	assert_string_equal(conf.name, "net");
	assert_string_equal(conf.bridge, "kinc0");
	assert_string_equal(conf.data_dir, "/run/kinc/cni");
	assert_int_equal(conf.version, CNI_1_0_0);
	assert_int_equal(conf.mtu, 0);
	assert_false(conf.hairpin || conf.gateway || conf.masquerade || conf.isolated);
	assert_int_equal(conf.set_count, 1);
	assert_int_equal(conf.sets[0].count, 1);
	const struct ip_range *range = &conf.sets[0].ranges[0];
	assert_string_equal(ip_format(&range->gateway, text), "10.1.2.1");
	assert_string_equal(ip_format(&range->first, text), "10.1.2.1");
	assert_string_equal(ip_format(&range->last, text), "10.1.2.254");
	conf_release(&conf);
}

static void everything(void **state)
{
	char text[IP_TEXT_MAX];

	(void)state;
	accepts("{\"cniVersion\":\"1.1.0\",\"name\":\"a.b-c_1\",\"type\":\"kincnet\","
		"\"bridge\":\"br1\",\"mtu\":1400,\"hairpinMode\":true,\"isDefaultGateway\":true,"
		"\"ipMasq\":true,\"capabilities\":{\"portMappings\":true},"
		"\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":1}]},\"args\":{\"x\":1},"
		"\"cni.dev/valid-attachments\":[],\"dns\":{\"nameservers\":[\"10.0.0.1\"]},"
		"\"ipam\":{\"type\":\"host-local\",\"ranges\":[[{\"subnet\":\"10.1.0.0/16\","
		"\"rangeStart\":\"10.1.0.10\",\"rangeEnd\":\"10.1.0.20\",\"gateway\":\"10.1.255.1\""
		"},{\"subnet\":\"10.3.0.0/16\"}],[{\"subnet\":\"fd00::/64\"}]],"
		"\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"fd01::/64\",\"gw\":\"fd00::9\"}],"
		"\"dataDir\":\"/tmp/x\"}}");
	assert_true(conf.hairpin && conf.gateway && conf.default_gateway && conf.masquerade);
	assert_int_equal(conf.mtu, 1400);
	assert_int_equal(conf.set_count, 2);
	assert_int_equal(conf.sets[0].count, 2);
	/* One route more, ::/0: that of IPv4 was there. */
	assert_int_equal(conf.route_count, 3);
	assert_string_equal(prefix_format(&conf.routes[2].destination, text), "::/0");
	assert_string_equal(ip_format(&conf.sets[1].ranges[0].last, text),
			    "fd00::ffff:ffff:ffff:ffff");
	assert_non_null(conf.dns);
	assert_non_null(conf.valid_attachments);
	conf_release(&conf);
}

static void falsy_unknown_keys_pass(void **state)
{
	(void)state;
	accepts(WITH(",\"vlan\":0,\"promiscMode\":false,\"vlanTrunk\":[],\"x\":null,\"y\":\"\"",
		     SUBNET));
	conf_release(&conf);
}

static void refusals(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *named;
	} table[] = {
		{"", EBADMSG, "JSON"},
		{"[]", EBADMSG, "object"},
		{"{\"a\":1} x", EBADMSG, "JSON"},
		{"{}", EPROTONOSUPPORT, "0.1.0"},
		{"{\"cniVersion\":\"2.0.0\"}", EPROTONOSUPPORT, "2.0.0"},
		{"{\"cniVersion\":1}", EINVAL, "cniVersion"},
		{"{\"cniVersion\":\"1.0.0\"}", EINVAL, "name"},
		{"{\"cniVersion\":\"1.0.0\",\"name\":\"../x\"}", EINVAL, "../x"},
		{WITH(",\"vlan\":7", SUBNET), EOPNOTSUPP, "vlan: 7"},
		{WITH(",\"enabledad\":true", SUBNET), EOPNOTSUPP, "enabledad: true"},
		{WITH(",\"vlanTrunk\":[{\"id\":7}]", SUBNET), EOPNOTSUPP, "vlanTrunk"},
		{WITH(",\"preserveDefaultVlan\":true", SUBNET), EOPNOTSUPP, "preserveDefaultVlan"},
		{WITH(",\"disableContainerInterface\":true", SUBNET), EOPNOTSUPP,
		 "disableContainerInterface"},
		{WITH(",\"ipMasqBackend\":\"iptables\"", SUBNET), EOPNOTSUPP, "ipMasqBackend"},
		{WITH(",\"capabilities\":{\"bandwidth\":true}", SUBNET), EOPNOTSUPP,
		 "capabilities.bandwidth"},
		{WITH(",\"hairpinMode\":true,\"promiscMode\":true", SUBNET), EINVAL, "promiscMode"},
		{WITH(",\"runtimeConfig\":{\"mac\":\"01:00:5e:00:00:01\"}", SUBNET), EINVAL,
		 "01:00:5e"},
		{WITH(",\"runtimeConfig\":{\"mac\":\"0a:58:0a:01:02\"}", SUBNET), EINVAL,
		 "runtimeConfig.mac"},
		{WITH(",\"runtimeConfig\":{\"ips\":[\"ten\"]}", SUBNET), EINVAL,
		 "runtimeConfig.ips \"ten\""},
		{WITH(",\"args\":{\"cni\":{\"ips\":[1]}}", SUBNET), EINVAL, "args.cni.ips"},
		{WITH(",\"runtimeConfig\":{\"dns\":{\"servers\":[1]}}", SUBNET), EINVAL,
		 "runtimeConfig.dns.servers"},
		{WITH(",\"runtimeConfig\":{\"ipRanges\":[{}]}", SUBNET), EINVAL, "ipRanges"},
		{WITH("", SUBNET ",\"addresses\":[{}]"), EOPNOTSUPP, "ipam.addresses"},
		{WITH(",\"runtimeConfig\":{\"bandwidth\":{\"ingressRate\":1}}", SUBNET), EOPNOTSUPP,
		 "runtimeConfig.bandwidth"},
		{WITH(",\"bridge\":\"sixteen-bytes-xx\"", SUBNET), EINVAL, "bridge"},
		{WITH(",\"bridge\":\"a/b\"", SUBNET), EINVAL, "a/b"},
		{WITH(",\"mtu\":67", SUBNET), EINVAL, "mtu"},
		{WITH(",\"mtu\":1500.5", SUBNET), EINVAL, "mtu"},
		{WITH(",\"mtu\":-1", SUBNET), EINVAL, "mtu"},
		{WITH(",\"ipMasq\":\"yes\"", SUBNET), EINVAL, "ipMasq"},
		{WITH(",\"dns\":{\"search\":[1]}", SUBNET), EINVAL, "dns.search"},
		{WITH("", "\"routes\":[]"), EINVAL, "subnet"},
		{WITH("", "\"type\":\"dhcp\"," SUBNET), EOPNOTSUPP, "dhcp"},
		{WITH("", "\"resolvConf\":1," SUBNET), EINVAL, "ipam.resolvConf"},
		{WITH("", "\"subnet\":\"10.1.2.3/24\""), EINVAL, "host bits"},
		{WITH("", "\"subnet\":\"10.1.2.0/31\""), EINVAL, "small"},
		{WITH("", "\"subnet\":\"10.1.2.0/33\""), EINVAL, "10.1.2.0/33"},
		{WITH("", "\"subnet\":\"10.1.2.0\""), EINVAL, "10.1.2.0"},
		{WITH("", SUBNET ",\"rangeStart\":\"10.9.0.1\""), EINVAL, "rangeStart"},
		{WITH("", SUBNET ",\"rangeEnd\":\"ten\""), EINVAL, "ten"},
		{WITH("", SUBNET ",\"rangeStart\":\"10.1.2.9\",\"rangeEnd\":\"10.1.2.8\""), EINVAL,
		 "after"},
		{WITH("", SUBNET ",\"ranges\":[[{" SUBNET "}]]"), EINVAL, "overlaps"},
		{WITH("", "\"ranges\":[{" SUBNET "}]"), EINVAL, "lists"},
		{WITH("", "\"ranges\":[[{" SUBNET "},{\"subnet\":\"fd00::/64\"}]]"), EINVAL,
		 "mixes"},
		{WITH("", SUBNET ",\"routes\":[{\"dst\":\"fd00::/8\"}]"), EINVAL, "family"},
		{WITH("", SUBNET ",\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"fd00::1\"}]"),
		 EINVAL, "family"},
		{WITH("", SUBNET ",\"routes\":[{\"dst\":\"0.0.0.0/0\",\"mtu\":65536}]"), EINVAL,
		 "mtu"},
		{WITH("", SUBNET ",\"routes\":[{\"dst\":\"10.9.0.0/16\",\"scope\":253,"
				 "\"gw\":\"10.1.2.1\"}]"),
		 EINVAL, "scope 253"},
		{WITH("", SUBNET ",\"routes\":[{\"dst\":\"10.9.0.0/16\",\"scope\":255}]"), EINVAL,
		 "scope"},
		{WITH("", SUBNET ",\"routes\":[{}]"), EINVAL, "dst"},
		{WITH("", SUBNET ",\"dataDir\":\"here\""), EINVAL, "dataDir"},
		{WITH(",\"isolation\":true", SUBNET), EINVAL, "isGateway"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		refuses(table[i].text, table[i].code, table[i].named);
}

static void wishes(void **state)
{
	const struct ip_address *picked[CONF_SETS_MAX];
	struct kinc_error err;

	(void)state;
	accepts(WITH(
		",\"args\":{\"cni\":{\"ips\":[\"10.1.2.9/24\"],\"mac\":\"02:00:00:00:00:01\"}},"
		"\"runtimeConfig\":{\"ips\":[\"fd00::9\",\"10.1.2.9\"],"
		"\"mac\":\"02:00:00:00:00:02\",\"dns\":{\"servers\":[\"10.0.0.9\"]},"
		"\"ipRanges\":[[{\"subnet\":\"fd00::/64\"}]]}",
		SUBNET));
	assert_int_equal(conf.set_count, 2); /* the runtime's first */
	assert_int_equal(conf.sets[0].ranges[0].first.family, AF_INET6);
	assert_int_equal(conf.wish.count, 2);
	assert_int_equal(conf.wish.mac[5], 2);
	assert_string_equal(kinc_json_get(conf.dns, "nameservers")->child->valuestring, "10.0.0.9");
	assert_int_equal(conf_wish_assign(&conf, picked, NULL), 0);
	assert_ptr_equal(picked[0], &conf.wish.addresses[1]);
	assert_ptr_equal(picked[1], &conf.wish.addresses[0]);
	assert_int_equal(conf_wish_address(&conf.wish, "x", "10.1.2.10", NULL), 0);
	assert_int_equal(conf_wish_assign(&conf, picked, &err), -EINVAL); /* two of one set */
	assert_non_null(strstr(err.message, "10.1.2.10"));
	conf_release(&conf);
	accepts(WITH(",\"runtimeConfig\":{\"ips\":[\"10.1.2.1\"]}", SUBNET));
	assert_int_equal(conf_wish_assign(&conf, picked, &err), -EINVAL); /* the gateway */
	conf_release(&conf);
}

static void resolv(void **state)
{
	char text[] = "# by hand\n nameserver 10.0.0.1 x\nnameserver\t10.0.0.2\n;no\ndomain a\n"
		      "search b c\noptions ndots:5\ndomain z\nnameserver\nsortlist q";

	(void)state;
	cleanup_json cJSON *dns = conf_parse_resolv(text);
	char *said = cJSON_PrintUnformatted(dns);
	assert_string_equal(said, "{\"nameservers\":[\"10.0.0.1\",\"10.0.0.2\"],"
				  "\"search\":[\"b\",\"c\"],\"options\":[\"ndots:5\"],"
				  "\"domain\":\"z\"}");
	free(said);
}

static void names(void **state)
{
	(void)state;
	assert_true(conf_name_valid("a"));
	assert_true(conf_name_valid("0a._-Z"));
	assert_false(conf_name_valid(""));
	assert_false(conf_name_valid("-a"));
	assert_false(conf_name_valid("a/b"));
	assert_false(conf_name_valid("a,b"));
	assert_false(conf_name_valid("\xc3\xa9"));
	assert_true(conf_interface_valid("eth0"));
	assert_true(conf_interface_valid("fifteen-bytes-x"));
	assert_false(conf_interface_valid("sixteen-bytes-xx"));
	assert_false(conf_interface_valid(""));
	assert_false(conf_interface_valid("."));
	assert_false(conf_interface_valid(".."));
	assert_false(conf_interface_valid("a:b"));
	assert_false(conf_interface_valid("a b"));
	assert_false(conf_interface_valid("eth%d"));
}

static void file_of_a_list(void **state)
{
	struct kinc_error err;

	(void)state;
	assert_int_equal(
		conf_parse_file("{\"cniVersion\":\"1.0.0\",\"name\":\"l\",\"plugins\":["
				"{\"type\":\"other\"},{\"type\":\"kincnet\",\"ipam\":{" SUBNET
				"}}]}",
				"kincnet", &conf, &err),
		0);
	assert_string_equal(conf.name, "l");
	conf_release(&conf);
	assert_int_equal(conf_parse_file("{\"plugins\":[]}", "kincnet", &conf, &err), -EINVAL);
}

static void ruleset(void **state)
{
	(void)state;
	accepts(WITH("", "\"ranges\":[[{" SUBNET "},{\"subnet\":\"10.9.0.0/16\"}],"
			 "[{\"subnet\":\"fd00::/64\"}]]"));
	struct subnets subnets = {.count = 0};
	assert_int_equal(masquerade_add_subnets(&subnets, &conf, NULL), 0);
	assert_int_equal(masquerade_add_subnets(&subnets, &conf, NULL), 0); /* nothing twice */
	char *text = masquerade_ruleset(conf.name, &subnets);
	assert_string_equal(
		text,
		"add table ip kinc\n"
		"add chain ip kinc masquerade-net { type nat hook postrouting priority "
		"srcnat; policy accept; }\n"
		"flush chain ip kinc masquerade-net\n"
		"add rule ip kinc masquerade-net ip saddr 10.1.2.0/24 ip daddr != 10.1.2.0/24 "
		"ip daddr != 10.9.0.0/16 ip daddr != 224.0.0.0/4 masquerade\n"
		"add rule ip kinc masquerade-net ip saddr 10.9.0.0/16 ip daddr != 10.1.2.0/24 "
		"ip daddr != 10.9.0.0/16 ip daddr != 224.0.0.0/4 masquerade\n"
		"add table ip6 kinc\n"
		"add chain ip6 kinc masquerade-net { type nat hook postrouting priority "
		"srcnat; policy accept; }\n"
		"flush chain ip6 kinc masquerade-net\n"
		"add rule ip6 kinc masquerade-net ip6 saddr fd00::/64 ip6 daddr != fd00::/64 "
		"ip6 daddr != ff00::/8 masquerade\n");
	free(text);
	conf_release(&conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(everything),
		cmocka_unit_test(falsy_unknown_keys_pass),
		cmocka_unit_test(refusals),
		cmocka_unit_test(wishes),
		cmocka_unit_test(resolv),
		cmocka_unit_test(names),
		cmocka_unit_test(file_of_a_list),
		cmocka_unit_test(ruleset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
