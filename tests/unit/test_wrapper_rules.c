/* SPDX-License-Identifier: MIT */
/* Golden cases per rule: a spec, a made-up node, the edited spec. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/wrapper_node.h"
#include "wrapper/rewrite.h"

struct outcome {
	int result;
	char *text;
	size_t changes;
	struct kinc_error err;
};

static struct outcome rewrite(const char *text, enum spec_kind kind, const struct facts *facts)
{
	struct outcome outcome = {0};
	struct kinc_span_doc doc;
	struct rewrite rewrite;
	size_t size;

	assert_int_equal(kinc_span_parse("config.json", text, strlen(text), &doc, &outcome.err), 0);
	outcome.result = rewrite_spec(&rewrite, &doc, kind, facts, false, &outcome.err);
	outcome.changes = rewrite.report.count;
	assert_int_equal(splice_apply(&rewrite.splice, &outcome.text, &size, NULL), 0);
	assert_int_equal(rewrite.splice.changed, rewrite.report.count > 0);
	rewrite_release(&rewrite);
	kinc_span_release(&doc);
	return outcome;
}

static void golden(const struct facts *facts, const char *text, const char *wanted)
{
	struct outcome outcome = rewrite(text, SPEC_CONFIG, facts);

	assert_int_equal(outcome.result, 0);
	assert_string_equal(outcome.text, wanted);
	free(outcome.text);
}

static void refused(const struct facts *facts, const char *text, const char *sentence)
{
	struct outcome outcome = rewrite(text, SPEC_CONFIG, facts);

	assert_true(outcome.result < 0);
	assert_string_equal(outcome.err.message, sentence);
	free(outcome.text);
}

#define SAME(text) golden(&facts, text, text)

static void test_oom_score(void **state)
{
	struct facts facts = node_facts();

	(void)state;
	golden(&facts, "{\"process\": {\"oomScoreAdj\" : -998 }}",
	       "{\"process\": {\"oomScoreAdj\" : 100 }}");
	golden(&facts, "{\"process\":{\"oomScoreAdj\":99}}", "{\"process\":{\"oomScoreAdj\":100}}");
	golden(&facts, "{\"process\":{\"oomScore\\u0041dj\":-9223372036854775808}}",
	       "{\"process\":{\"oomScore\\u0041dj\":100}}");
	SAME("{\"process\":{\"oomScoreAdj\":100}}");
	SAME("{\"process\":{\"oomScoreAdj\":9223372036854775807}}");
	SAME("{\"process\":{\"oomScoreAdj\":-9223372036854775809}}");
	SAME("{\"process\":{\"oomScoreAdj\":-1e3}}");
	SAME("{\"process\":{\"oomScoreAdj\":null}}");
	SAME("{\"process\":{\"OOMScoreAdj\":-998}}");
	SAME("{\"oomScoreAdj\":-998,\"process\":{}}");
	SAME("{\"process\":[{\"oomScoreAdj\":-998}]}");
	SAME("[]");
	facts.oom_score_adj_min = -1000;
	SAME("{\"process\":{\"oomScoreAdj\":-998}}");
	refused(&facts, "{\"process\":{\"oomScoreAdj\":1,\n\"oomScoreAdj\":-998}}",
		"config.json:2:1: \"oomScoreAdj\" is given twice in one object");
	refused(&facts, "{\"process\":{},\"process\":{}}",
		"config.json:1:15: \"process\" is given twice in one object");
}

static void test_users(void **state)
{
	struct facts facts = node_facts();

	(void)state;
	SAME("{\"process\":{\"user\":{\"uid\":65535,\"gid\":5009}}}");
	refused(&facts, "{\"process\":{\"user\":{\"uid\":65536,\"gid\":0}}}",
		"this node cannot run a process as uid 65536: its user namespace maps no such id "
		"(the highest is 65535); set runAsUser to a mapped id, or give the host user more "
		"subordinate ids");
	refused(&facts, "{\"process\":{\"user\":{\"uid\":0,\"gid\":1000}}}",
		"this node cannot run a process as gid 1000: its user namespace maps no such id "
		"(the highest is 5009); set runAsGroup to a mapped id, or give the host user more "
		"subordinate ids");
	golden(&facts, "{\"process\":{\"user\":{\"additionalGids\":[1, 1000, 5000,5010]}}}",
	       "{\"process\":{\"user\":{\"additionalGids\":[1, 5000]}}}");
	SAME("{\"process\":{\"user\":{\"uid\":99999999}},\"linux\":{\"namespaces\":[{\"type\":"
	     "\"user\"}]}}");
}

static void test_capabilities(void **state)
{
	struct facts facts = node_facts();

	(void)state;
	golden(&facts,
	       "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_SYS_ADMIN\"],"
	       "\"ambient\":[\"CAP_SYS_ADMIN\"],\"effective\":[\"CAP_BPF\", \"CAP_KILL\"]}}}",
	       "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"],"
	       "\"ambient\":[],\"effective\":[\"CAP_KILL\"]}}}");
	SAME("{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_FUTURE\",\"CAP_CHOWN\"]}}}");
	SAME("{\"process\":{\"capabilities\":{\"other\":[\"CAP_SYS_ADMIN\"]}}}");
	SAME("{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\"]}},"
	     "\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"user\"}]}}");
}

static void test_limits(void **state)
{
	struct facts facts = node_facts();

	(void)state;
	golden(&facts,
	       "{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":"
	       "18446744073709551615,"
	       "\"soft\":4097},{\"type\":\"RLIMIT_CORE\",\"hard\":18446744073709551615,\"soft\":0}]"
	       "}}",
	       "{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":4096,"
	       "\"soft\":4096},{\"type\":\"RLIMIT_CORE\",\"hard\":18446744073709551615,\"soft\":0}]"
	       "}}");
	SAME("{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":4096,\"soft\":1024}]}"
	     "}");
	SAME("{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NEW\",\"hard\":4097,\"soft\":1024}]}}");
	facts.may_raise_limits = true;
	golden(&facts,
	       "{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1048577}]}}",
	       "{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1048576}]}}");
}

static void test_resources(void **state)
{
	struct facts facts = node_facts();

	(void)state;
	golden(&facts,
	       "{\"linux\":{\"resources\":{\"devices\":[{\"allow\":false}],\"memory\":{\"limit\":"
	       "9223372036854771712},\"pids\":{\"limit\":5},\"cpu\":{\"shares\":2,\"cpus\":\"0\"},"
	       "\"hugepageLimits\":[{\"limit\":0}],\"blockIO\":{},\"network\":{\"classID\":1},"
	       "\"unified\":{\"memory.high\":\"1\",\"io.max\":\"2\",\"cgroup.freeze\":\"0\"}}}}",
	       "{\"linux\":{\"resources\":{\"devices\":[{\"allow\":false}],\"memory\":{\"limit\":"
	       "9223372036854771712},\"cpu\":{\"shares\":2},"
	       "\"blockIO\":{},"
	       "\"unified\":{\"memory.high\":\"1\",\"cgroup.freeze\":\"0\"}}}}");
	facts.controllers = 0;
	golden(&facts,
	       "{\"linux\":{\"resources\":{\"memory\":{\"limit\":1},\"cpu\":{\"shares\":2,"
	       "\"period\":3}}}}",
	       "{\"linux\":{\"resources\":{\"cpu\":{}}}}");
	SAME("{\"linux\":{\"resources\":null}}");
	SAME("{\"linux\":{\"resources\":{\"cpu\":{\"quota\":0,\"period\":-0,\"cpus\":null}}}}");
	refused(&facts, "{\"linux\":{\"resources\":{\"pids\":{},\"pids\":{\"limit\":1}}}}",
		"config.json:1:34: \"pids\" is given twice in one object");
}

static void test_devices(void **state)
{
	struct facts facts = node_facts();

	(void)state;
	golden(&facts,
	       "{\"linux\":{\"devices\":[{\"path\":\"/dev/"
	       "fuse\",\"type\":\"c\",\"major\":10,\"minor\":229},"
	       "{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":3}]}}",
	       "{\"linux\":{\"devices\":["
	       "{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":3}]}}");
	golden(&facts,
	       "{\"linux\":{\"devices\":[{\"path\":\"/dev/"
	       "null\",\"type\":\"c\",\"major\":1,\"minor\":5}]}}",
	       "{\"linux\":{\"devices\":[]}}");
	facts.initial_userns = true;
	SAME("{\"linux\":{\"devices\":[{\"path\":\"/dev/"
	     "fuse\",\"type\":\"c\",\"major\":10,\"minor\":229}]}}");
}

static void test_labels(void **state)
{
	struct facts facts = node_facts();

	(void)state;
	golden(&facts,
	       "{\"process\":{\"apparmorProfile\":\"x\",\"selinuxLabel\":\"y\"},"
	       "\"linux\":{\"mountLabel\":\"z\",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}}"
	       "}",
	       "{\"process\":{},\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}}}");
	facts.apparmor = facts.selinux = true;
	SAME("{\"process\":{\"apparmorProfile\":\"x\",\"selinuxLabel\":\"y\"},\"linux\":{"
	     "\"mountLabel\":\"z\"}}");
}

static void test_process_document(void **state)
{
	struct facts facts = node_facts();
	struct outcome outcome =
		rewrite("{\"oomScoreAdj\":-5,\"args\":[\"\\u0000\"]}", SPEC_PROCESS, &facts);

	(void)state;
	assert_int_equal(outcome.result, 0);
	assert_string_equal(outcome.text, "{\"oomScoreAdj\":100,\"args\":[\"\\u0000\"]}");
	assert_int_equal(outcome.changes, 1);
	free(outcome.text);
}

static void test_maps(void **state)
{
	struct id_map map;

	(void)state;
	id_map_parse(&map, "         0       1000          1\n         1     100000      65536\n");
	assert_int_equal(map.count, 2);
	assert_true(id_map_has(&map, 65536));
	assert_false(id_map_has(&map, 65537));
	id_map_parse(&map, "0 0 4294967295\n");
	assert_true(id_map_has(&map, 4294967294U));
	assert_false(id_map_has(&map, 4294967295U));
	id_map_parse(&map, "");
	assert_int_equal(map.count, 0);
}

static void test_helpers(void **state)
{
	const struct facts facts = node_facts();
	static const char *const names[] = {"\"io.kubernetes.cri.container-type\":\"sandbox\"",
					    "\"io.kubernetes.cri-o.ContainerType\":\"sandbox\"",
					    "\"kinc.dev/helper\":\"true\""};
	char text[400], wanted[400];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		static const char *const form =
			"{\"annotations\":{%s},\"process\":{\"capabilities\":"
			"{\"bounding\":%s,\"ambient\":[]}}}";
		snprintf(text, sizeof(text), form, names[i], "[\"CAP_CHOWN\", \"CAP_KILL\"]");
		snprintf(wanted, sizeof(wanted), form, names[i], "[]");
		golden(&facts, text, wanted);
	}
	SAME("{\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\"},"
	     "\"process\":{\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"]}}}");
	SAME("{\"annotations\":{\"io.kubernetes.cri.sandbox-name\":\"sandbox\"},"
	     "\"process\":{\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"]}}}");
	SAME("{\"annotations\":{\"kinc.dev/helper\":\"helper\"},"
	     "\"process\":{\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"]}}}");
	refused(&facts, "{\"annotations\":{\"kinc.dev/helper\":\"true\",\"kinc.dev/helper\":\"\"}}",
		"config.json:1:42: \"kinc.dev/helper\" is given twice in one object");
}

static void test_seccomp(void **state)
{
	static const char sentence[] =
		"the seccomp profile of this container hands system calls to a listener "
		"(SCMP_ACT_NOTIFY), but names none (listenerPath); use a profile without it, or a "
		"runtime that provides the listener";
	struct facts facts = node_facts();

	(void)state;
	SAME("{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":"
	     "[{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ALLOW\"}]}}}");
	SAME("{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_NOTIFY\","
	     "\"listenerPath\":\"/run/l.sock\"}}}");
	SAME("{\"annotations\":{\"run.oci.seccomp.receiver\":\"/run/l.sock\"},"
	     "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}}}");
	refused(&facts, "{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}}}",
		sentence);
	refused(&facts,
		"{\"linux\":{\"seccomp\":{\"listenerPath\":\"\",\"syscalls\":[{\"action\":\"x\"},"
		"{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}}}",
		sentence);
	facts.seccomp_receiver = true;
	SAME("{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oom_score),    cmocka_unit_test(test_users),
		cmocka_unit_test(test_capabilities), cmocka_unit_test(test_helpers),
		cmocka_unit_test(test_seccomp),	     cmocka_unit_test(test_limits),
		cmocka_unit_test(test_resources),    cmocka_unit_test(test_devices),
		cmocka_unit_test(test_labels),	     cmocka_unit_test(test_process_document),
		cmocka_unit_test(test_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
