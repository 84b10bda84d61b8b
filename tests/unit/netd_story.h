/* SPDX-License-Identifier: MIT */
/*
 * A cluster that bytes tell the story of: pods, namespaces and policies come,
 * change and go; now and then all is settled.
 */
#ifndef TEST_NETD_STORY_H
#define TEST_NETD_STORY_H

#include <stdarg.h>

#include "netd_world.h"
#include "cni/netd/store.h"

struct story {
	const uint8_t *data;
	size_t size;
	struct model model;
	struct world world;
	size_t checks;
};

static unsigned story_next(struct story *story, unsigned below)
{
	if (!story->size)
		return 0;
	story->size--;
	return *story->data++ % below;
}

__attribute__((format(printf, 4, 5))) static void
story_tell(struct story *story, enum object_kind kind, bool gone, const char *format, ...)
{
	char text[4096];
	va_list arguments;
	struct policy *policy;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	cJSON *object = cJSON_Parse(text);
	assert(object);
	enum object_change change = gone ? OBJECT_GONE : OBJECT_PRESENT;
	if (kind == OBJECT_POD)
		assert(store_set_pod(&story->model, object, change, NULL) == 0);
	else if (kind == OBJECT_NAMESPACE)
		assert(store_set_namespace(&story->model, object, change, NULL) == 0);
	else
		(void)store_set_policy(&story->model, object, change, &policy, NULL);
	cJSON_Delete(object);
}

static void story_pod(struct story *story)
{
	static const char *const extra[] = {
		"", "\"hostNetwork\":true,", "\"nodeName\":\"here\",", "\"nodeName\":\"there\","};
	static const char *const phases[] = {"Running", "Pending", "Succeeded", "Running"};
	unsigned name = story_next(story, 6), space = story_next(story, 3);
	unsigned address = story_next(story, 8), port = story_next(story, 3);

	story_tell(story, OBJECT_POD, story_next(story, 5) == 0,
		   "{\"metadata\":{\"name\":\"p%u\",\"namespace\":\"n%u\",\"uid\":\"%u\","
		   "\"creationTimestamp\":\"%u\",\"labels\":{\"app\":\"%u\",\"tier\":\"%u\"}},"
		   "\"spec\":{%s\"containers\":[{\"ports\":[{\"name\":\"http\",\"containerPort\":"
		   "%u},{\"name\":\"dns\",\"containerPort\":53,\"protocol\":\"UDP\"}]}]},"
		   "\"status\":{\"phase\":\"%s\",\"podIPs\":[{\"ip\":\"10.0.0.%u\"},"
		   "{\"ip\":\"fd00::%u\"}]}}",
		   name, space, story_next(story, 2), story_next(story, 4), story_next(story, 3),
		   story_next(story, 2), extra[story_next(story, 4)], 80 + port,
		   phases[story_next(story, 4)], address, address);
}

static void story_selector(struct story *story, char text[160])
{
	static const char *const all[] = {
		"{}",
		"{\"matchLabels\":{\"app\":\"1\"}}",
		"{\"matchLabels\":{\"app\":\"2\",\"tier\":\"1\"}}",
		"{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"NotIn\",\"values\":[\"0\"]}]}",
		"{\"matchExpressions\":[{\"key\":\"team\",\"operator\":\"Exists\"}]}",
		"{\"matchExpressions\":[{\"key\":\"team\",\"operator\":\"DoesNotExist\"}]}",
		"{\"matchLabels\":{\"team\":\"1\"}}",
		"{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"Bad\"}]}",
	};
	snprintf(text, 160, "%s", all[story_next(story, 8)]);
}

static void story_rule(struct story *story, const char *side, char text[1400])
{
	static const char *const blocks[] = {"\"cidr\":\"0.0.0.0/0\"",
					     "\"cidr\":\"10.0.0.0/29\",\"except\":[\"10.0.0.2/31\"]",
					     "\"cidr\":\"::/0\",\"except\":[\"fd00::4/126\"]",
					     "\"cidr\":\"192.168.0.0/16\"",
					     "\"cidr\":\"10.0.0.0/8\",\"except\":[\"10.0.0.0/8\"]"};
	static const char *const ports[] = {
		"",
		"\"ports\":[{\"port\":80}]",
		"\"ports\":[{\"port\":\"http\"},{\"protocol\":\"UDP\"}]",
		"\"ports\":[{\"port\":79,\"endPort\":81},{\"protocol\":\"SCTP\",\"port\":82}]",
		"\"ports\":[{\"protocol\":\"UDP\",\"port\":\"dns\"},{\"port\":\"http\"}]",
		"\"ports\":[{\"protocol\":\"SCTP\"}]"};
	char one[2][160], peers[900] = "";
	size_t used = 0;

	for (unsigned i = story_next(story, 3); i > 0; i--) {
		unsigned kind = story_next(story, 4);
		story_selector(story, one[0]);
		story_selector(story, one[1]);
		const char *comma = used ? "," : "";
		size_t left = sizeof(peers) - used;
		used += (size_t)(kind == 0 ? snprintf(peers + used, left, "%s{\"ipBlock\":{%s}}", comma,
						      blocks[story_next(story, 5)])
				 : kind == 1
					 ? snprintf(peers + used, left, "%s{\"podSelector\":%s}",
						    comma, one[0])
				 : kind == 2 ? snprintf(peers + used, left,
							"%s{\"namespaceSelector\":%s}", comma, one[0])
					     : snprintf(peers + used, left,
							"%s{\"namespaceSelector\":%s,\"podSelector\":"
							"%s}",
							comma, one[0], one[1]));
	}
	const char *port = ports[story_next(story, 6)];
	snprintf(text, 1400, "{%s%s%s%s%s%s%s}", used ? "\"" : "", used ? side : "",
		 used ? "\":[" : "", peers, used ? "]" : "", used && *port ? "," : "", port);
}

static void story_policy(struct story *story)
{
	static const char *const types[] = {"", "\"policyTypes\":[\"Ingress\"],",
					    "\"policyTypes\":[\"Egress\"],",
					    "\"policyTypes\":[\"Ingress\",\"Egress\"],"};
	char pods[160], rules[2][1400];
	unsigned name = story_next(story, 5), space = story_next(story, 3);

	story_selector(story, pods);
	story_rule(story, "from", rules[0]);
	story_rule(story, "to", rules[1]);
	const char *type = types[story_next(story, 4)];
	bool in = story_next(story, 3), out = story_next(story, 3);
	story_tell(story, OBJECT_POLICY, story_next(story, 6) == 0,
		   "{\"metadata\":{\"name\":\"q%u\",\"namespace\":\"n%u\"},\"spec\":{%s"
		   "\"podSelector\":%s,\"ingress\":[%s],\"egress\":[%s]}}",
		   name, space, type, pods, in ? rules[0] : "", out ? rules[1] : "");
}

static void story_namespace(struct story *story)
{
	static const char *const labels[] = {"{}", "{\"team\":\"1\"}", "{\"team\":\"2\",\"app\":\"1\"}"};
	unsigned name = story_next(story, 3);

	story_tell(story, OBJECT_NAMESPACE, story_next(story, 5) == 0,
		   "{\"metadata\":{\"name\":\"n%u\",\"labels\":%s}}", name,
		   labels[story_next(story, 3)]);
}

static void story_claim(struct story *story)
{
	char space[8], name[8];
	struct ip_address address;

	snprintf(space, sizeof(space), "n%u", story_next(story, 3));
	snprintf(name, sizeof(name), "p%u", story_next(story, 6));
	struct pod *pod = store_pod(&story->model, space, name);
	assert(ip_parse("10.0.0.0", &address) == 0);
	address.bytes[3] = (unsigned char)story_next(story, 8);
	if (pod)
		store_claim(&story->model, pod, &address, 1);
}

static void story_relist(struct story *story)
{
	enum object_kind kind = story_next(story, OBJECT_POLICY_KINDS);

	store_begin(&story->model, kind);
	for (unsigned i = story_next(story, 4); i > 0; i--)
		kind == OBJECT_POD	   ? story_pod(story)
		: kind == OBJECT_NAMESPACE ? story_namespace(story)
					   : story_policy(story);
	store_end(&story->model, kind);
}

static void story_complain(const struct story *story, const struct flow *flow,
			   const struct verdict *verdict)
{
	char source[IP_TEXT_MAX], destination[IP_TEXT_MAX];

	for (size_t i = 0; i < story->world.count; i++)
		fprintf(stderr, "%s: %s\n", story->world.list[i].key, story->world.list[i].value);
	fprintf(stderr, "%s -> %s %u/%s: the objects say %d\n", ip_format(&flow->source, source),
		ip_format(&flow->destination, destination), flow->port,
		protocol_name(flow->protocol), verdict->allowed);
	abort();
}

/* The rules and the objects agree about everything that might be sent. */
static void story_compare(struct story *story)
{
	static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};
	static const char *const addresses[] = {"10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3",
						"10.0.0.5", "10.0.0.7", "192.168.1.1", "fd00::1",
						"fd00::2", "fd00::5", "fe00::1"};
	struct flow flow;
	struct verdict verdict;

	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++)
		for (size_t j = 0; j < sizeof(addresses) / sizeof(*addresses); j++) {
			ip_parse(addresses[i], &flow.source);
			ip_parse(addresses[j], &flow.destination);
			if (flow.source.family != flow.destination.family)
				continue;
			for (unsigned p = 0; p < 3; p++)
				for (flow.port = 79; flow.port <= 82; flow.port++) {
					flow.protocol = protocols[p];
					if (p == 1 && flow.port == 81)
						flow.port = 53;
					verdict_decide(&story->model, &flow, &verdict);
					if (verdict.allowed != world_allows(&story->world, &flow))
						story_complain(story, &flow, &verdict);
					story->checks++;
					if (flow.port == 53)
						flow.port = 81;
				}
		}
}

static void story_settle(struct story *story)
{
	struct settlement settlement;

	model_settle(&story->model, &settlement);
	world_apply(&story->world, &settlement);
	settlement_release(&settlement);
	story_compare(story);
}

/* Everything anew is the same as all the changes. */
static void story_restate(struct story *story)
{
	struct world fresh = {0};
	struct settlement settlement;

	story_settle(story);
	model_restate(&story->model, &settlement);
	world_apply(&fresh, &settlement);
	settlement_release(&settlement);
	world_same(&story->world, &fresh);
	world_release(&fresh);
}

/* Returns how many verdicts were compared. */
static size_t story_run(const uint8_t *data, size_t size)
{
	static void (*const chapters[])(struct story *) = {
		story_pod,    story_pod,   story_pod,	 story_policy, story_policy, story_policy,
		story_settle, story_claim, story_namespace, story_relist, story_restate};
	struct story story = {.data = data, .size = size};

	model_init(&story.model, "here", true, true);
	while (story.size)
		chapters[story_next(&story, sizeof(chapters) / sizeof(*chapters))](&story);
	story_restate(&story);
	world_release(&story.world);
	model_release(&story.model);
	return story.checks;
}

#endif
