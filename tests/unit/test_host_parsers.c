/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/cgroup_position.h"
#include "host/cluster.h"
#include "host/doctor.h"
#include "host/ground.h"
#include "host/image.h"
#include "host/podman.h"
#include "host/session.h"
#include "host/user.h"

static void cluster_names(void **state)
{
	static const char *const good[] = {"a", "default", "dev-2",
					   "a234567890123456789012345678901234567890"};
	static const char *const bad[] = {
		"",    "-a",  "a-",  "2a", "A",	     "a_b",
		"a b", "a/b", "a.b", "ä",  "--help", "a2345678901234567890123456789012345678901"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(cluster_check_name(good[i], NULL), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(cluster_check_name(bad[i], NULL), -EINVAL);
}

static void clusters_of_podman_ps(void **state)
{
	cJSON *json = cJSON_Parse(
		"[{\"State\":\"running\",\"Image\":\"i\",\"Labels\":{\"io.kinc.cluster\":\"two\","
		"\"io.kinc.port\":\"6445\",\"io.kinc.pod-subnet\":\"10.244.45.0/24\","
		"\"io.kinc.service-subnet\":\"10.45.0.0/16\",\"io.kinc.protocol\":\"1\"}},"
		"{\"Labels\":null},{\"Labels\":{\"io.kinc.cluster\":\"../x\"}},7,"
		"{\"State\":\"exited\",\"Labels\":{\"io.kinc.cluster\":\"one\","
		"\"io.kinc.port\":\"99999\"}}]");
	struct cluster_list list;
	struct kinc_error err = {0};

	(void)state;
	assert_int_equal(cluster_list_parse(json, &list, NULL), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.clusters[0].name, "one");
	assert_int_equal(list.clusters[0].port, 0);
	assert_string_equal(list.clusters[1].name, "two");
	assert_int_equal(list.clusters[1].port, 6445);
	assert_string_equal(list.clusters[1].state, "running");
	assert_int_equal(cluster_unknown(&list, "x", &err), -ENOENT);
	assert_string_equal(err.message, "no cluster x; there is one, two");
	cluster_list_release(&list);
	cJSON_Delete(json);
	json = cJSON_Parse("null");
	assert_int_equal(cluster_list_parse(json, &list, NULL), 0);
	assert_int_equal(list.count, 0);
	cluster_list_release(&list);
	cJSON_Delete(json);
	json = cJSON_Parse("{}");
	assert_int_equal(cluster_list_parse(json, &list, NULL), -EPROTO);
	cJSON_Delete(json);
}

static void newest_image(void **state)
{
	cJSON *json = cJSON_Parse(
		"[{\"Created\":5,\"Names\":[\"localhost/kinc/node:old\"]},"
		"{\"Created\":9,\"Names\":[\"localhost/kinc/node:new\"]},"
		"{\"Created\":12,\"Names\":[\"localhost/kinc/nodes:no\",\"x\"]},{\"Created\":20}]");

	(void)state;
	assert_string_equal(image_newest(json), "localhost/kinc/node:new");
	cJSON_Delete(json);
	assert_null(image_newest(NULL));
}

static void subids(void **state)
{
	static const char text[] = "root:100000:65536\nkt:165536:1000\n4242:200000:65000\n"
				   "kt:x\nktx:1:9\nkt:300000:1\nkt:1:2:3";

	(void)state;
	assert_int_equal(user_count_subids(text, "kt", 4242), 66001);
	assert_int_equal(user_count_subids(text, "no", 1), 0);
	assert_int_equal(user_count_subids("", "kt", 1), 0);
}

static void process_files(void **state)
{
	char *position = cgroup_position_parse("4:memory:/a\n0::/kinc.u/init\n");

	(void)state;
	assert_string_equal(position, "/kinc.u/init");
	free(position);
	assert_null(cgroup_position_parse("4:memory:/a\n"));
	assert_int_equal(ground_parse_starttime("7 (a) b) S 1 7 7 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 "
						"1234 99"),
			 1234);
	assert_int_equal(ground_parse_starttime("7 (a) Z 1 7 7 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 9"),
			 0);
	assert_int_equal(ground_parse_starttime("7 (a"), 0);
	assert_int_equal(ground_parse_starttime("7 (a) S"), 0);
	assert_int_equal(doctor_parse_version("podman version 4.3.1\n"), 403);
	assert_int_equal(doctor_parse_version("podman version 5.0.0-rc1"), 500);
	assert_int_equal(doctor_parse_version("docker 1"), -EINVAL);
}

static void podman_errors(void **state)
{
	char text[40];

	(void)state;
	podman_last_line("warning\nError: no such container\n\n", text, sizeof(text));
	assert_string_equal(text, "no such container");
	podman_last_line("", text, sizeof(text));
	assert_string_equal(text, "");
	podman_last_line("one line", text, sizeof(text));
	assert_string_equal(text, "one line");
}

static int parse_request(const char *text)
{
	cleanup_session struct session_request request = {0};

	return session_request_parse(text, strlen(text), &request, NULL);
}

static void session_requests(void **state)
{
	(void)state;
	assert_int_equal(
		parse_request("{\"protocol\":1,\"argv\":[\"id\"],\"environment\":[\"A=b\"]}"), 0);
	assert_int_equal(parse_request("{\"protocol\":2,\"argv\":[\"id\"],\"environment\":[]}"),
			 -EPROTO);
	assert_int_equal(parse_request("{\"protocol\":1,\"argv\":[],\"environment\":[]}"), -EINVAL);
	assert_int_equal(parse_request("{\"protocol\":1,\"argv\":[1],\"environment\":[]}"),
			 -EINVAL);
	assert_int_equal(parse_request("{\"protocol\":1,\"argv\":[\"a\"],\"environment\":[\"=\"]}"),
			 -EINVAL);
	assert_int_equal(parse_request("{\"protocol\":1,\"argv\":[\"a\"]}"), -EINVAL);
	assert_int_equal(parse_request("[]"), -EINVAL);
	assert_int_equal(parse_request(""), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cluster_names), cmocka_unit_test(clusters_of_podman_ps),
		cmocka_unit_test(newest_image),
		cmocka_unit_test(subids),	 cmocka_unit_test(process_files),
		cmocka_unit_test(podman_errors), cmocka_unit_test(session_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
