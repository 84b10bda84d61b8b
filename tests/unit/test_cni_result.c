/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cni/args.h"
#include "cni/attachment.h"
#include "cni/result.h"

#define NETWORK                                                                                    \
	"\"name\":\"net\",\"dns\":{\"nameservers\":[\"10.0.0.10\"]},\"ipam\":{\"ranges\":[["       \
	"{\"subnet\":\"10.1.2.0/24\"}],[{\"subnet\":\"fd00::/64\"}]],"                             \
	"\"routes\":[{\"dst\":\"0.0.0.0/0\"}]}"

static struct conf conf;

static void parse(const char *version, const char *more)
{
	char text[2048];
	struct kinc_error err;

	snprintf(text, sizeof(text), "{\"cniVersion\":\"%s\"%s," NETWORK "}", version, more);
	if (conf_parse(text, &conf, &err) < 0)
		fail_msg("%s", err.message);
}

static struct result example(void)
{
	struct result result = {
		.bridge = {.name = "kinc0", .mac = {0x0a, 0x58, 10, 1, 2, 1}, .mtu = 1500},
		.host = {.name = "veth1", .mac = {2, 0, 0, 0, 0, 1}, .mtu = 1500},
		.pod = {.name = "eth0", .mac = {0x0a, 0x58, 10, 1, 2, 9}, .mtu = 1500},
		.netns = "/run/netns/p",
	};

	result.leases[0].range = &conf.sets[0].ranges[0];
	result.leases[1].range = &conf.sets[1].ranges[0];
	assert_int_equal(ip_parse("10.1.2.9", &result.leases[0].address), 0);
	assert_int_equal(ip_parse("fd00::9", &result.leases[1].address), 0);
	return result;
}

/* Prints the example in a version and compares it without regard to space. */
static void prints(const char *version, const char *wanted)
{
	parse(version, "");
	struct result result = example();
	char *text = result_print(&conf, &result);
	assert_non_null(text);
	cJSON_Minify(text);
	assert_string_equal(text, wanted);
	free(text);
	conf_release(&conf);
}

static void golden(void **state)
{
	(void)state;
#define REST                                                                                       \
	"\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"10.1.2.1\"}],"                                \
	"\"dns\":{\"nameservers\":[\"10.0.0.10\"]}}"
#define OLD(version)                                                                               \
	"{\"cniVersion\":\"" version "\",\"interfaces\":["                                         \
	"{\"name\":\"kinc0\",\"mac\":\"0a:58:0a:01:02:01\"},"                                      \
	"{\"name\":\"veth1\",\"mac\":\"02:00:00:00:00:01\"},"                                      \
	"{\"name\":\"eth0\",\"mac\":\"0a:58:0a:01:02:09\",\"sandbox\":\"/run/netns/p\"}],"         \
	"\"ips\":["
	prints("0.3.1",
	       OLD("0.3.1") "{\"version\":\"4\",\"interface\":2,\"address\":\"10.1.2.9/24\","
			    "\"gateway\":\"10.1.2.1\"},{\"version\":\"6\",\"interface\":2,"
			    "\"address\":\"fd00::9/64\",\"gateway\":\"fd00::1\"}]," REST);
	prints("1.0.0", OLD("1.0.0") "{\"interface\":2,\"address\":\"10.1.2.9/24\","
				     "\"gateway\":\"10.1.2.1\"},{\"interface\":2,"
				     "\"address\":\"fd00::9/64\",\"gateway\":\"fd00::1\"}]," REST);
	prints("1.1.0", "{\"cniVersion\":\"1.1.0\",\"interfaces\":["
			"{\"name\":\"kinc0\",\"mac\":\"0a:58:0a:01:02:01\",\"mtu\":1500},"
			"{\"name\":\"veth1\",\"mac\":\"02:00:00:00:00:01\",\"mtu\":1500},"
			"{\"name\":\"eth0\",\"mac\":\"0a:58:0a:01:02:09\",\"mtu\":1500,"
			"\"sandbox\":\"/run/netns/p\"}],\"ips\":[{\"interface\":2,"
			"\"address\":\"10.1.2.9/24\",\"gateway\":\"10.1.2.1\"},{\"interface\":2,"
			"\"address\":\"fd00::9/64\",\"gateway\":\"fd00::1\"}]," REST);
}

/* As the second of a chain: what was there comes first, and is told as it came. */
static void chained(void **state)
{
	static const char *const malformed[] = {
		"{\"interfaces\":{}}",
		"{\"interfaces\":[1]}",
		"{\"ips\":[\"10.0.0.1/8\"]}",
		"{\"routes\":3}",
		"{\"dns\":[]}",
	};
	struct kinc_error err;
	char more[256];

	(void)state;
	parse("1.0.0", ",\"prevResult\":{\"interfaces\":[{\"name\":\"lo\",\"sandbox\":\"/p\"}],"
		       "\"ips\":[{\"address\":\"127.0.0.1/8\",\"interface\":0}],"
		       "\"routes\":[{\"dst\":\"10.0.0.0/8\"}],\"dns\":{\"domain\":\"x\"}}");
	struct result result = example();
	assert_int_equal(result_check_chain(&conf, &err), 0);
	char *text = result_print(&conf, &result);
	cJSON_Minify(text);
	assert_string_equal(
		text,
		"{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"lo\",\"sandbox\":\"/p\"},"
		"{\"name\":\"kinc0\",\"mac\":\"0a:58:0a:01:02:01\"},"
		"{\"name\":\"veth1\",\"mac\":\"02:00:00:00:00:01\"},"
		"{\"name\":\"eth0\",\"mac\":\"0a:58:0a:01:02:09\",\"sandbox\":\"/run/netns/p\"}],"
		"\"ips\":[{\"address\":\"127.0.0.1/8\",\"interface\":0},"
		"{\"interface\":3,\"address\":\"10.1.2.9/24\",\"gateway\":\"10.1.2.1\"},"
		"{\"interface\":3,\"address\":\"fd00::9/64\",\"gateway\":\"fd00::1\"}],"
		"\"routes\":[{\"dst\":\"10.0.0.0/8\"},{\"dst\":\"0.0.0.0/0\",\"gw\":\"10.1.2.1\"}],"
		"\"dns\":{\"nameservers\":[\"10.0.0.10\"]}}");
	free(text);
	conf_release(&conf);

	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++) {
		snprintf(more, sizeof(more), ",\"prevResult\":%s", malformed[i]);
		parse("1.0.0", more);
		assert_int_equal(result_check_chain(&conf, &err), -EINVAL);
		assert_non_null(strstr(err.message, "prevResult."));
		conf_release(&conf);
	}
}

static void errors_and_versions(void **state)
{
	char *text = result_print_error("0.4.0", CNI_INVALID_CONFIG, "a \"quoted\" thing");

	(void)state;
	cJSON_Minify(text);
	assert_string_equal(
		text, "{\"cniVersion\":\"0.4.0\",\"code\":7,\"msg\":\"a \\\"quoted\\\" thing\"}");
	free(text);
	text = result_print_versions("0.3.1");
	cJSON_Minify(text);
	assert_string_equal(text, "{\"cniVersion\":\"0.3.1\",\"supportedVersions\":"
				  "[\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}");
	free(text);
}

/* What ADD printed is what CHECK reads. */
static void previous_round_trip(void **state)
{
	struct previous previous;
	struct kinc_error err;
	char more[2048];

	(void)state;
	parse("1.0.0", "");
	struct result result = example();
	char *text = result_print(&conf, &result);
	conf_release(&conf);
	snprintf(more, sizeof(more), ",\"prevResult\":%s", text);
	free(text);

	parse("1.0.0", more);
	assert_int_equal(result_read_previous(&conf, "eth0", &previous, &err), 0);
	assert_int_equal(previous.count, 2);
	assert_string_equal(previous.mac, "0a:58:0a:01:02:09");
	assert_true(ip_equal(&previous.leases[1].address, &result.leases[1].address));
	assert_int_equal(result_read_previous(&conf, "eth1", &previous, &err), -EINVAL);
	conf_release(&conf);

	parse("1.0.0", "");
	assert_int_equal(result_read_previous(&conf, "eth0", &previous, &err), -EINVAL);
	conf_release(&conf);
	parse("1.0.0", ",\"prevResult\":{\"interfaces\":[{\"name\":\"eth0\",\"sandbox\":\"/x\"}],"
		       "\"ips\":[{\"interface\":0,\"address\":\"192.0.2.1/24\"}]}");
	assert_int_equal(result_read_previous(&conf, "eth0", &previous, &err), -EINVAL);
	conf_release(&conf);
}

static void environment(const char *container, const char *ifname, const char *netns,
			const char *args)
{
	setenv("CNI_CONTAINERID", container, 1);
	setenv("CNI_IFNAME", ifname, 1);
	setenv("CNI_NETNS", netns, 1);
	setenv("CNI_ARGS", args, 1);
}

static void arguments(void **state)
{
	struct conf_wish wish = {.count = 0};
	struct args args;

	(void)state;
	environment("c1", "eth0", "/n", "IgnoreUnknown=1;K8S_POD_NAME=x;FOO=bar");
	assert_int_equal(args_read(&args, true, &wish, NULL), 0);
	assert_string_equal(args.owner.container, "c1");
	environment("c1", "eth0", "", "");
	assert_int_equal(args_read(&args, true, &wish, NULL), -EINVAL);
	assert_int_equal(args_read(&args, false, &wish, NULL), 0);
	environment("c1", "eth0", "/n", "FOO=bar");
	assert_int_equal(args_read(&args, true, &wish, NULL), -EINVAL);
	environment("c1", "eth0", "/n", "K8S_POD_NAME");
	assert_int_equal(args_read(&args, true, &wish, NULL), -EINVAL);
	environment("c1", "eth0", "/n", "IgnoreUnknown=maybe");
	assert_int_equal(args_read(&args, true, &wish, NULL), -EINVAL);
	environment("c1", "eth0", "/n", "GATEWAY=10.0.0.1");
	assert_int_equal(args_read(&args, true, &wish, NULL), -EINVAL);
	environment("c1", "eth0", "/n", "IP=10.0.0.");
	assert_int_equal(args_read(&args, true, &wish, NULL), -EINVAL);
	environment("c1", "eth0", "/n", "IP=10.0.0.1/24;MAC=02:00:00:00:00:07");
	assert_int_equal(args_read(&args, true, &wish, NULL), 0);
	assert_int_equal(wish.count, 1);
	assert_int_equal(wish.mac[5], 7);
	/* Who asked before by the configuration or the runtime, is obeyed. */
	environment("c1", "eth0", "/n", "MAC=02:00:00:00:00:08;IgnoreUnknown=TRUE;X=1");
	assert_int_equal(args_read(&args, true, &wish, NULL), 0);
	assert_int_equal(wish.mac[5], 7);
	assert_int_equal(args_read(&args, true, NULL, NULL), 0);
	environment("../c1", "eth0", "/n", "");
	assert_int_equal(args_read(&args, true, &wish, NULL), -EINVAL);
	environment("", "eth0", "/n", "");
	assert_int_equal(args_read(&args, true, &wish, NULL), -EINVAL);
	environment("c1", "et/h0", "/n", "");
	assert_int_equal(args_read(&args, true, &wish, NULL), -EINVAL);
}

static void host_names(void **state)
{
	char a[IFNAMSIZ], b[IFNAMSIZ];

	(void)state;
	attachment_host_name(&(struct ipam_owner){"c1", "eth0"}, a);
	attachment_host_name(&(struct ipam_owner){"c1e", "th0"}, b);
	assert_true(conf_interface_valid(a));
	assert_int_equal(strlen(a), 15);
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),     cmocka_unit_test(errors_and_versions),
		cmocka_unit_test(arguments),  cmocka_unit_test(previous_round_trip),
		cmocka_unit_test(host_names), cmocka_unit_test(chained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
