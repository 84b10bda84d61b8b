/* SPDX-License-Identifier: MIT */
/* NetworkPolicies as rules: golden files, and a kernel that is none (netd_world.h). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netd_story.h"
#include "policies.h"

/* Numbers that are the same in every run. */
static uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#define STORIES 60
#define STORY_BYTES 900

static void test_stories(void **unused)
{
	uint8_t data[STORY_BYTES];
	uint32_t state = 1;
	size_t checks = 0;

	(void)unused;
	for (int i = 0; i < STORIES; i++) {
		for (size_t j = 0; j < sizeof(data); j++)
			data[j] = (uint8_t)(random_next(&state) >> 8);
		checks += story_run(data, sizeof(data));
	}
	assert_true(checks > 100000);
}

static void take(struct model *model, enum object_kind kind, const char *text)
{
	cJSON *object = cJSON_Parse(text);
	struct policy *policy;

	assert_non_null(object);
	if (kind == OBJECT_POD)
		assert_int_equal(store_set_pod(model, object, OBJECT_PRESENT, NULL), 0);
	else
		assert_int_equal(store_set_policy(model, object, OBJECT_PRESENT, &policy, NULL), 0);
	cJSON_Delete(object);
}

static void settle(struct model *model, size_t chains, size_t fill, size_t turn, size_t dead)
{
	struct settlement settlement;

	model_settle(model, &settlement);
	assert_int_equal(settlement.chain_count, chains);
	assert_int_equal(settlement.fill.count, fill);
	assert_int_equal(settlement.turn.count, turn);
	assert_int_equal(settlement.dead_count, dead);
	settlement_release(&settlement);
}

#define POD(name, labels, address)                                                                 \
	"{\"metadata\":{\"name\":\"" name "\",\"labels\":{" labels "}},"                           \
	"\"status\":{\"podIP\":\"" address "\"}}"
#define POLICY(from)                                                                               \
	"{\"metadata\":{\"name\":\"q\"},\"spec\":{\"podSelector\":{},\"ingress\":[{\"from\":["     \
	"{\"podSelector\":{\"matchLabels\":{\"app\":\"" from "\"}}}]}]}}"

/* A change costs what it changes. */
static void test_proportion(void **unused)
{
	struct model model;
	char text[200];

	(void)unused;
	model_init(&model, NULL, true, false);
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), POD("p%d", "\"app\":\"a\"", "10.0.0.%d"), i, i);
		take(&model, OBJECT_POD, text);
	}
	settle(&model, 0, 0, 300, 0);
	take(&model, OBJECT_POLICY, POLICY("a"));
	settle(&model, 2, 100, 300, 0); /* self, and another verdict for ingress */
	take(&model, OBJECT_POLICY, POLICY("a"));
	settle(&model, 0, 0, 0, 0); /* the same again */
	take(&model, OBJECT_POD, POD("new", "\"app\":\"a\"", "10.0.1.1"));
	settle(&model, 0, 0, 5, 0); /* peers, self, two verdicts, known */
	take(&model, OBJECT_POD, POD("new", "\"app\":\"b\"", "10.0.1.1"));
	settle(&model, 0, 0, 1, 0);
	take(&model, OBJECT_POD, POD("new", "\"app\":\"b\",\"more\":\"x\"", "10.0.1.1"));
	settle(&model, 0, 0, 0, 0); /* labels that nobody asks for */
	model_release(&model);
}

static int events;

static void count_event(void *context, const char *namespace, const char *name, const char *uid,
			const char *reason, const char *sentence)
{
	(void)context, (void)uid, (void)reason;
	assert_string_equal(namespace, "default");
	assert_string_equal(name, "q");
	assert_true(*sentence);
	events++;
}

/* What can't be understood isolates, and allows nothing. */
static void test_faults(void **unused)
{
	static const char *const specs[] = {
		"\"spec\":{\"podSelector\":{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Like\","
		"\"values\":[\"b\"]}]},\"ingress\":[{}]}",
		"\"spec\":{\"podSelector\":{},\"ingress\":[{\"ports\":[{\"port\":70000}]},{}]}",
		"\"spec\":{\"podSelector\":{},\"ingress\":[{\"ports\":[{\"port\":5,\"endPort\":4}]},{}]}",
		"\"spec\":{\"podSelector\":{},\"ingress\":[{\"ports\":[{\"endPort\":4}]},{}]}",
		"\"spec\":{\"podSelector\":{},\"ingress\":[{\"ports\":[{\"port\":5,\"protocol\":\"X\"}]},{}]}",
		"\"spec\":{\"podSelector\":{},\"ingress\":[{\"from\":[{}]},{}]}",
		"\"spec\":{\"podSelector\":{},\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":\"1.2.3/8\"}}]},{}]}",
		"\"spec\":{\"podSelector\":{},\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":\"10.0.0.0/8\","
		"\"except\":[\"::/0\"]}}]},{}]}",
		"\"spec\":{\"podSelector\":{},\"ingress\":7}",
		"\"spec\":{\"podSelector\":{},\"policyTypes\":[\"Sideways\"],\"ingress\":[{}]}",
		"\"spec\":[]",
		"\"metadata\":{\"name\":\"q\"}",
	};
	char text[1000];

	(void)unused;
	for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
		const struct policies_conf conf = {.dry = true, .event = count_event};
		struct policies *policies;
		struct kinc_error err = {0};
		assert_int_equal(policies_new(&conf, &policies, &err), 0);
		cJSON *pod = cJSON_Parse(POD("p", "\"app\":\"a\"", "10.0.0.1"));
		assert_int_equal(policies_pod(policies, pod, OBJECT_PRESENT, &err), 0);
		snprintf(text, sizeof(text), "{\"metadata\":{\"name\":\"q\"},%s}", specs[i]);
		cJSON *policy = cJSON_Parse(text);
		assert_non_null(policy);
		events = 0;
		assert_int_equal(policies_policy(policies, policy, OBJECT_PRESENT, &err), -EINVAL);
		assert_int_equal(events, 1);
		for (int kind = 0; kind < OBJECT_POLICY_KINDS; kind++)
			policies_synced(policies, (enum object_kind)kind);
		assert_int_equal(policies_commit(policies, &err), 0);
		cJSON *explanation =
			policies_explain(policies, "8.8.8.8", "default/p", "80", &err);
		assert_non_null(explanation);
		assert_true(cJSON_IsFalse(cJSON_GetObjectItem(explanation, "allowed")));
		cJSON_Delete(explanation);
		cJSON_Delete(policy);
		cJSON_Delete(pod);
		policies_free(policies);
	}
}

/* An address has one pod: who was promised it, else who was created last. */
static void test_addresses(void **unused)
{
	struct ip_address address;
	struct model model;

	(void)unused;
	model_init(&model, NULL, true, true);
	take(&model, OBJECT_POD,
	     "{\"metadata\":{\"name\":\"old\",\"creationTimestamp\":\"1\"},\"status\":{\"podIP\":"
	     "\"10.0.0.1\"}}");
	take(&model, OBJECT_POD,
	     "{\"metadata\":{\"name\":\"new\",\"creationTimestamp\":\"2\"},\"status\":{\"podIP\":"
	     "\"10.0.0.1\"}}");
	ip_parse("10.0.0.1", &address);
	assert_string_equal(store_owner(&model, &address)->name, "new");
	store_claim(&model, store_pod(&model, "default", "old"), &address, 1);
	assert_string_equal(store_owner(&model, &address)->name, "old");
	store_claim(&model, store_pod(&model, "default", "new"), &address, 1);
	assert_string_equal(store_owner(&model, &address)->name, "new");
	take(&model, OBJECT_POD,
	     "{\"metadata\":{\"name\":\"new\",\"creationTimestamp\":\"2\"},\"status\":{\"podIP\":"
	     "\"10.0.0.1\",\"phase\":\"Succeeded\"}}");
	assert_string_equal(store_owner(&model, &address)->name, "old");
	model_release(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_proportion),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
