/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/config.h"
#include "host/patches.h"

static const struct config_host host = {.memory_mib = 16384, .cpus = 8};

static void becomes(const char *yaml, const char *wanted)
{
	char options[CONFIG_OPTIONS_MAX];
	struct kinc_error err = {0};
	struct config config;

	if (config_parse("f.yaml", yaml, strlen(yaml), &config, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(config_options(&config, &host, options, NULL), 0);
	assert_string_equal(options, wanted);
	assert_int_equal(config_check_options(options), 0);
}

static void options_follow_from_it(void **state)
{
	(void)state;
	becomes("", "");
	becomes("# nothing\n", "");
	becomes("{}", "");
	becomes("memory: 4g\ncpus: 1.5\nnetwork: pasta\n",
		"--memory=4096m;--cpus=1.5;--network=pasta;"
		"--env=KINC_SYSTEM_RESERVED=cpu=6500m,memory=12288Mi");
	becomes("memory: 512Mi", "--memory=512m;--env=KINC_SYSTEM_RESERVED=memory=15872Mi");
	/* More than there is leaves nothing to reserve. */
	becomes("memory: 64g\ncpus: 9", "--memory=65536m;--cpus=9");
	becomes("extraPortMappings:\n- {hostPort: 8080, containerPort: 30080}\n"
		"- {hostPort: 53, containerPort: 30053, protocol: udp, listenAddress: 0.0.0.0}\n",
		"--publish=127.0.0.1:8080:30080/tcp;--publish=0.0.0.0:53:30053/udp");
	becomes("extraMounts:\n- hostPath: /srv\n  containerPath: /data\n  readOnly: true\n"
		"- hostPath: /a\n  containerPath: /b\n",
		"--volume=/srv:/data:ro;--volume=/a:/b");
	becomes("registryMirrors:\n  docker.io: [\"http://10.0.0.1:5000\", https://m.example]\n"
		"  r:5000: [http://m]\n  quay.io: []\n",
		"--env=KINC_REGISTRY_MIRRORS=docker.io=http://10.0.0.1:5000,"
		"docker.io=https://m.example,r:5000=http://m");
	becomes("ipFamily: ipv4\nnetwork: slirp4netns", "--network=slirp4netns");
	becomes("ipFamily: dual\nnetwork: slirp4netns",
		"--network=slirp4netns:enable_ipv6=true;--env=KINC_IP_FAMILY=dual");
	becomes("ipFamily: ipv6", "--network=slirp4netns:enable_ipv6=true;--env=KINC_IP_FAMILY=ipv6");
	becomes("ipFamily: ipv6\nnetwork: slirp4netns",
		"--network=slirp4netns:enable_ipv6=true;--env=KINC_IP_FAMILY=ipv6");
	becomes("ipFamily: ipv6\nnetwork: pasta", "--network=pasta;--env=KINC_IP_FAMILY=ipv6");
	becomes("ipFamily: dual\nnetwork: pasta", "--network=pasta;--env=KINC_IP_FAMILY=dual");
	assert_int_equal(config_families("--network=pasta;--env=KINC_IP_FAMILY=dual;--cpus=1"), NETWORK_DUAL);
	assert_int_equal(config_families("--env=KINC_IP_FAMILY=dual6"), NETWORK_IPV4);
	assert_int_equal(config_families("--env=KINC_IP_FAMILY=ipv6"), NETWORK_IPV6);
	assert_int_equal(config_families("--env=KINC_IP_FAMILY=ipv6;--cpus=1"), NETWORK_IPV6);
	assert_int_equal(config_families("--volume=/--env=KINC_IP_FAMILY=dual:/b"), NETWORK_IPV4);
	becomes("featureGates: {A: true, B2: false}", "--env=KINC_FEATURE_GATES=A=true,B2=false");
}

static void mistakes_are_shown_at_their_place(void **state)
{
	static const struct {
		const char *yaml, *place, *reason;
	} cases[] = {
		{"imagee: x",
		 "f.yaml:1:1: ", "no key \"imagee\" belongs here; the nearest is \"image\""},
		{"cpus: 1\nextraMount: []", "f.yaml:2:1: ", "the nearest is \"extraMounts\""},
		{"extraPortMappings:\n- hostport: 1",
		 "f.yaml:2:3: ", "the nearest is \"hostPort\""},
		{"extraPortMappings:\n- hostPort: 1", "f.yaml:2:3: ", "hostPort and containerPort"},
		{"extraPortMappings:\n- {hostPort: 0, containerPort: 1}",
		 "f.yaml:2:14: ", "1 to 65535"},
		{"extraPortMappings:\n- {hostPort: 70000, containerPort: 1}",
		 "f.yaml:2:14: ", "1 to 65535"},
		{"extraPortMappings: {}", "f.yaml:1:20: ", "a list is expected"},
		{"extraMounts: [{hostPath: a, containerPath: /b}]",
		 "f.yaml:1:26: ", "starts with /"},
		{"extraMounts: [{hostPath: \"/a b\", containerPath: /b}]",
		 "f.yaml:1:26: ", "has a character"},
		{"extraMounts: [{hostPath: \"/a;--privileged\", containerPath: /b}]",
		 "f.yaml:1:26: ", "has a character"},
		{"memory: 4g\nmemory: 5g", "f.yaml:2:1: ", "there twice"},
		{"memory: lots", "f.yaml:1:9: ", "not a number with m or g"},
		{"memory: 100m", "f.yaml:1:9: ", "512m at the least"},
		{"memory: [1g]", "f.yaml:1:9: ", "a single value"},
		{"cpus: 0", "f.yaml:1:7: ", "like 2 or 1.5"},
		{"cpus: 1e3", "f.yaml:1:7: ", "like 2 or 1.5"},
		{"ipFamily: ipv5", "f.yaml:1:11: ", "the nearest is \"ipv4\""},
		{"network: past", "f.yaml:1:10: ", "the nearest is \"pasta\""},
		{"featureGates: {A: maybe}", "f.yaml:1:19: ", "true or false"},
		{"featureGates: {\"A B\": true}", "f.yaml:1:16: ", "letters and digits"},
		{"kubeadmPatches: patches", "f.yaml:1:17: ", "starts with /"},
		{"kubeadmPatches: /none/such", "f.yaml:1:17: ", "/none/such: No such file"},
		{"kubeadmPatches: /proc/self/fdinfo", "f.yaml:1:17: ", "has no patch of kubeadm"},
		{"registryMirrors: []", "f.yaml:1:18: ", "registries with lists"},
		{"registryMirrors: {docker.io: http://m}", "f.yaml:1:30: ", "a list of mirrors"},
		{"registryMirrors:\n  Docker.io: [http://m]", "f.yaml:2:3: ", "not a registry's name"},
		{"registryMirrors:\n  docker.io: [http://m, m:5000]", "f.yaml:2:25: ",
		 "\"m:5000\" is not a mirror"},
		{"registryMirrors: {docker.io: [[x]]}", "f.yaml:1:31: ", "not a mirror"},
		{"registryMirrors: {a:0: [http://m]}", "f.yaml:1:19: ", "not a registry's name"},
		{"- a", "f.yaml:1:1: ", "keys and values"},
		{"a: [", "f.yaml:", "did not find"},
		{"cpus: 1\n---\ncpus: 2", "f.yaml:3:1: ", "one document"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct kinc_error err = {0};
		struct config config;
		const char *yaml = cases[i].yaml;
		assert_int_equal(config_parse("f.yaml", yaml, strlen(yaml), &config, &err),
				 -EINVAL);
		if (strncmp(err.message, cases[i].place, strlen(cases[i].place)) != 0 ||
		    !strstr(err.message, cases[i].reason))
			fail_msg("%s: %s", yaml, err.message);
	}
}

static void patches_are_named_as_kubeadm_wants_it(void **state)
{
	static const char *const good[] = {"kube-apiserver.yaml", "etcd0+json.json",
					   "kube-scheduler10+merge.yaml",
					   "kube-controller-manager+strategic.yaml",
					   "kubeletconfiguration.yaml"};
	static const char *const bad[] = {"kube-apiserver", "kube-apiserver.yml", "apiserver.yaml",
					  "etcd-1.yaml", "etcd+.yaml", "etcd+merges.yaml",
					  "etcd+merge.x.yaml", "etcd.x.yaml", ".yaml", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(patches_name_known(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(patches_name_known(bad[i]));
}

static void touch(const char *folder, const char *name)
{
	char path[80];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
}

static void a_folder_of_patches_is_mounted(void **state)
{
	char folder[] = "/tmp/kinc-patches.XXXXXX", yaml[80], wanted[80];
	struct kinc_error err = {0};
	struct config config;

	(void)state;
	assert_non_null(mkdtemp(folder));
	touch(folder, "README");
	touch(folder, "etcd.yaml");
	snprintf(yaml, sizeof(yaml), "kubeadmPatches: %s", folder);
	snprintf(wanted, sizeof(wanted), "--volume=%s:/etc/kinc/patches:ro", folder);
	becomes(yaml, wanted);
	/* What kubeadm would pass over in silence. */
	touch(folder, "apiserver.yaml");
	assert_int_equal(config_parse("f.yaml", yaml, strlen(yaml), &config, &err), -EINVAL);
	assert_non_null(strstr(err.message, "f.yaml:1:17: kubeadm takes no patch from apiserver.yaml"));
	for (const char *const *name = (const char *const[]){"README", "etcd.yaml", "apiserver.yaml", NULL};
	     *name; name++) {
		snprintf(wanted, sizeof(wanted), "%s/%s", folder, *name);
		assert_int_equal(unlink(wanted), 0);
	}
	assert_int_equal(rmdir(folder), 0);
}

static void a_label_holds_nothing_else(void **state)
{
	static const char *const bad[] = {"--privileged",
					  "--memory=1m;--cap-add=all",
					  "x",
					  "--volume=/a b:/c",
					  "--env=PATH=/x",
					  ";",
					  "--cpus=1;;--cpus=2"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_true(config_check_options(bad[i]) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_follow_from_it),
		cmocka_unit_test(mistakes_are_shown_at_their_place),
		cmocka_unit_test(patches_are_named_as_kubeadm_wants_it),
		cmocka_unit_test(a_folder_of_patches_is_mounted),
		cmocka_unit_test(a_label_holds_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
