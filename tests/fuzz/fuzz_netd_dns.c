/* SPDX-License-Identifier: MIT */
/*
 * Bytes that begin with '{' are an object: a service and a slice. Others are a
 * question, which is answered with a message that can be read; and an answer.
 */
#include <assert.h>
#include <stdint.h>

#include "cni/netd/dns_wire.c"
#undef LABEL_MAX
#include "cni/netd/dns_records.c"
#include "cni/netd/dns_resolve.c"
#include "cni/netd/table.c"

static struct dns_records records;
static struct dns_zone zone = {&records, "cluster.local", 0};

static void take(const char *text)
{
	cleanup_json cJSON *object = cJSON_Parse(text);
	struct kinc_error err;

	(void)dns_records_service(&records, object, OBJECT_PRESENT, &err);
	(void)dns_records_slice(&records, object, OBJECT_PRESENT, &err);
}

static void visit(void *context, const struct dns_record *record)
{
	(*(size_t *)context)++;
	assert(strlen(record->name) < DNS_NAME_MAX);
}

static void question(const uint8_t *data, size_t size)
{
	static uint8_t out[DNS_UDP_MAX];
	char external[DNS_NAME_MAX + 1];
	struct dns_answer answer;
	struct dns_query query;
	enum dns_code code;
	size_t count = 0;

	if (dns_query_parse(data, size, &query) != 0)
		return;
	dns_answer_begin(&answer, out, DNS_UDP_MIN + data[0] % 700, data, &query);
	code = dns_resolve(&zone, &query, &answer, external);
	size_t length = dns_answer_end(&answer, &query, code, true);
	assert(length <= sizeof(out));
	char name[DNS_NAME_MAX + 1];
	assert(read_name(out, length, DNS_HEADER, false, name));
	assert(dns_reply_read(out, length, query.id, name, (enum dns_type)query.type, &code, visit,
			      &count) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	enum dns_code code;
	size_t count = 0;

	if (records.services.count > 50)
		dns_records_release(&records);
	take("{\"metadata\":{\"namespace\":\"a\",\"name\":\"a\"},\"spec\":{\"clusterIP\":\"None\"}}");
	if (*text == '{')
		take(text);
	else if (size)
		question(data, size);
	(void)dns_reply_read(data, size, size > 1 ? (uint16_t)(data[0] << 8 | data[1]) : 0,
			     "a.example", DNS_A, &code, visit, &count);
	free(text);
	return 0;
}
