/* SPDX-License-Identifier: MIT */
/* Messages of DNS as bytes, and the records that objects give, without a socket. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dns_resolve.h"
#include "json.h"

static struct dns_records records;
static struct dns_zone zone = {&records, "cluster.local", 0};

static int put(enum object_kind kind, const char *text)
{
	cleanup_json cJSON *object = cJSON_Parse(text);

	assert_non_null(object);
	return kind == OBJECT_SERVICE ? dns_records_service(&records, object, OBJECT_PRESENT, NULL)
				      : dns_records_slice(&records, object, OBJECT_PRESENT, NULL);
}

#define SERVICE(name, spec)                                                                        \
	"{\"metadata\":{\"namespace\":\"a\",\"name\":\"" name "\"},\"spec\":{" spec "}}"
#define SLICE(name, service, endpoints)                                                            \
	"{\"metadata\":{\"namespace\":\"a\",\"name\":\"" name                                      \
	"\",\"labels\":{\"kubernetes.io/service-name\":\"" service "\"}},\"endpoints\":[" endpoints "]}"

struct answers {
	size_t count;
	char first[DNS_NAME_MAX + 1];
};

static void count_answer(void *context, const struct dns_record *record)
{
	struct answers *answers = context;

	if (answers->count++ == 0 && record->type == DNS_CNAME)
		memcpy(answers->first, record->target, sizeof(answers->first));
}

/* How many addresses there are; or minus the code. */
static int ask(const char *name, enum dns_type type)
{
	uint8_t message[DNS_UDP_MIN], out[DNS_UDP_MAX];
	char external[DNS_NAME_MAX + 1];
	struct answers answers = {0};
	struct dns_answer answer;
	struct dns_query query;
	enum dns_code code;
	size_t size = dns_query_write(message, 7, name, type);

	assert_true(size > 0);
	assert_int_equal(dns_query_parse(message, size, &query), 0);
	dns_answer_begin(&answer, out, DNS_UDP_MAX, message, &query);
	code = dns_resolve(&zone, &query, &answer, external);
	size = dns_answer_end(&answer, &query, code, true);
	assert_int_equal(dns_reply_read(out, size, 7, name, type, &code, count_answer, &answers), 0);
	return code == DNS_NOERROR ? (int)answers.count : -(int)code;
}

static void test_list_again(void **unused)
{
	(void)unused;
	assert_int_equal(put(OBJECT_SERVICE, SERVICE("one", "\"clusterIP\":\"10.0.0.1\"")), 0);
	assert_int_equal(put(OBJECT_SERVICE, SERVICE("two", "\"clusterIP\":\"10.0.0.2\"")), 0);
	dns_records_relist(&records, OBJECT_SERVICE);
	assert_int_equal(put(OBJECT_SERVICE, SERVICE("two", "\"clusterIP\":\"10.0.0.3\"")), 0);
	assert_int_equal(ask("one.a.svc.cluster.local", DNS_A), 1);
	dns_records_synced(&records, OBJECT_SERVICE);
	assert_int_equal(ask("one.a.svc.cluster.local", DNS_A), -DNS_NXDOMAIN);
	assert_int_equal(ask("two.a.svc.cluster.local", DNS_A), 1);
	assert_int_equal(ask("2.0.0.10.in-addr.arpa", DNS_PTR), -DNS_NXDOMAIN);
	dns_records_release(&records);
	assert_int_equal(ask("two.a.svc.cluster.local", DNS_A), -DNS_NXDOMAIN);
}

/* What cannot be understood changes nothing, in whatever order objects come. */
static void test_objects(void **unused)
{
	(void)unused;
	assert_int_equal(put(OBJECT_ENDPOINTSLICE,
			     SLICE("s-1", "s", "{\"addresses\":[\"10.1.0.1\"]}")), 0);
	assert_int_equal(ask("s.a.svc.cluster.local", DNS_A), -DNS_NXDOMAIN);
	assert_int_equal(put(OBJECT_SERVICE, SERVICE("s", "\"clusterIP\":\"None\"")), 0);
	assert_int_equal(ask("s.a.svc.cluster.local", DNS_A), 1);
	assert_int_equal(put(OBJECT_SERVICE, SERVICE("s", "\"clusterIP\":\"10.0.0\"")), -EINVAL);
	assert_int_equal(put(OBJECT_SERVICE, "{\"metadata\":{\"name\":\"x\"}}"), -EINVAL);
	assert_int_equal(ask("s.a.svc.cluster.local", DNS_A), 1);
	/* One address in two slices is one record. */
	assert_int_equal(put(OBJECT_ENDPOINTSLICE,
			     SLICE("s-2", "s",
				   "{\"addresses\":[\"10.1.0.1\"]},{\"addresses\":[\"fd00::1\"]}")), 0);
	assert_int_equal(ask("s.a.svc.cluster.local", DNS_A), 1);
	assert_int_equal(ask("s.a.svc.cluster.local", DNS_AAAA), 1);
	/* A slice goes over to another service. */
	assert_int_equal(put(OBJECT_SERVICE, SERVICE("t", "\"clusterIP\":\"None\"")), 0);
	assert_int_equal(put(OBJECT_ENDPOINTSLICE,
			     SLICE("s-2", "t", "{\"addresses\":[\"10.1.0.9\"]}")), 0);
	assert_int_equal(ask("s.a.svc.cluster.local", DNS_AAAA), 0);
	assert_int_equal(ask("t.a.svc.cluster.local", DNS_A), 1);
	dns_records_release(&records);
}

static void test_external_circle(void **unused)
{
	(void)unused;
	put(OBJECT_SERVICE,
	    SERVICE("b", "\"type\":\"ExternalName\",\"externalName\":\"c.a.svc.cluster.local\""));
	put(OBJECT_SERVICE,
	    SERVICE("c", "\"type\":\"ExternalName\",\"externalName\":\"B.a.svc.cluster.local.\""));
	assert_int_equal(ask("b.a.svc.cluster.local", DNS_A), -DNS_SERVFAIL);
	dns_records_release(&records);
}

static const struct {
	const char *what;
	int result;
	size_t size;
	uint8_t data[48];
} messages[] = {
	{"nothing", -EBADMSG, 0, {0}},
	{"a header cut", -EBADMSG, 11, {0}},
	{"an answer", -EBADMSG, 12, {0, 1, 0x80}},
	{"an opcode", DNS_NOTIMP, 12, {0, 1, 0x28}},
	{"no question", DNS_FORMERR, 12, {0, 1, 1}},
	{"a name cut", DNS_FORMERR, 14, {0, 1, 1, 0, 0, 1, [12] = 5, 'a'}},
	{"a pointer", DNS_FORMERR, 18, {0, 1, 1, 0, 0, 1, [12] = 0xC0, 12, 0, 1, 0, 1}},
	{"a type cut", DNS_FORMERR, 16, {0, 1, 1, 0, 0, 1, [12] = 1, 'a', 0, 0}},
	{"a dot in a label", DNS_FORMERR, 19, {0, 1, 1, 0, 0, 1, [12] = 1, '.', 0, 0, 1, 0, 1}},
	{"the root", 0, 17, {0, 1, 1, 0, 0, 1, [12] = 0, 0, 1, 0, 1}},
	{"a class", DNS_REFUSED, 17, {0, 1, 1, 0, 0, 1, [12] = 0, 0, 1, 0, 3}},
	{"EDNS of the future", DNS_BADVERS, 28,
	 {0, 1, 1, 0, 0, 1, [11] = 1, [12] = 0, 0, 1, 0, 1, 0, 0, 41, 4, 208, 0, 1}},
	{"EDNS cut", DNS_FORMERR, 27,
	 {0, 1, 1, 0, 0, 1, [11] = 1, [12] = 0, 0, 1, 0, 1, 0, 0, 41, 4, 208, 0, 0}},
	{"EDNS twice", DNS_FORMERR, 39,
	 {0, 1, 1, 0, 0, 1, [11] = 2, [12] = 0, 0, 1, 0, 1, [19] = 41, [30] = 41}},
};

static void test_messages(void **unused)
{
	struct dns_query query;

	(void)unused;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		int result = dns_query_parse(messages[i].data, messages[i].size, &query);
		if (result != messages[i].result)
			fail_msg("%s: %d", messages[i].what, result);
	}
}

/* Pointers lead backwards only, so that reading ends. */
static void test_reply_circle(void **unused)
{
	uint8_t reply[64] = {0, 7, 0x81, 0x80, 0, 1, 0, 1, [12] = 1, 'a', 0, 0, 1, 0, 1};
	struct answers answers = {0};
	enum dns_code code;

	(void)unused;
	memcpy(reply + 19, (uint8_t[]){0xC0, 19, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4}, 16);
	assert_int_equal(dns_reply_read(reply, 35, 7, "a", DNS_A, &code, count_answer, &answers),
			 -EBADMSG);
	reply[20] = 12;
	assert_int_equal(dns_reply_read(reply, 35, 7, "a", DNS_A, &code, count_answer, &answers), 0);
	assert_int_equal(answers.count, 1);
	assert_int_equal(dns_reply_read(reply, 35, 8, "a", DNS_A, &code, count_answer, &answers),
			 -EBADMSG);
	assert_int_equal(dns_reply_read(reply, 35, 7, "b", DNS_A, &code, count_answer, &answers),
			 -EBADMSG);
	assert_int_equal(dns_reply_read(reply, 34, 7, "a", DNS_A, &code, count_answer, &answers),
			 -EBADMSG);
}

static void test_truncation(void **unused)
{
	char text[8000] = "", one[60];
	uint8_t message[DNS_UDP_MIN], out[DNS_UDP_MIN];
	char external[DNS_NAME_MAX + 1];
	struct dns_answer answer;
	struct dns_query query;

	(void)unused;
	for (int i = 0; i < 100; i++) {
		snprintf(one, sizeof(one), "%s{\"addresses\":[\"10.1.0.%d\"]}", i ? "," : "", i);
		strcat(text, one);
	}
	char slice[9000];
	snprintf(slice, sizeof(slice), SLICE("s-1", "s", "%s"), text);
	put(OBJECT_SERVICE, SERVICE("s", "\"clusterIP\":\"None\""));
	put(OBJECT_ENDPOINTSLICE, slice);
	size_t size = dns_query_write(message, 7, "s.a.svc.cluster.local", DNS_A);
	assert_int_equal(dns_query_parse(message, size, &query), 0);
	dns_answer_begin(&answer, out, DNS_UDP_MIN, message, &query);
	enum dns_code code = dns_resolve(&zone, &query, &answer, external);
	size = dns_answer_end(&answer, &query, code, true);
	assert_true(size <= DNS_UDP_MIN && answer.truncated && (out[2] & 2));
	/* Header, question, EDNS, and records of 16 bytes as far as there is room. */
	assert_int_equal(answer.counts[DNS_ANSWER], (DNS_UDP_MIN - 12 - 27 - 11) / 16);
	dns_records_release(&records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_again),	cmocka_unit_test(test_objects),
		cmocka_unit_test(test_external_circle), cmocka_unit_test(test_messages),
		cmocka_unit_test(test_reply_circle),	cmocka_unit_test(test_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
