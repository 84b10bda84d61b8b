/* SPDX-License-Identifier: MIT */
#include "object_policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "json.h"

#define RULES_MAX 1024
#define PEERS_MAX 1024
#define PORTS_MAX 1024
#define EXCEPTS_MAX 1024
#define PORT_NAME_MAX 63
#define WHERE_MAX 64	   /* of a rule */
#define PATH_MAX_BYTES 160 /* of what is in it */

static const struct {
	const char *name;
	int number;
} protocols[] = {{"TCP", IPPROTO_TCP}, {"UDP", IPPROTO_UDP}, {"SCTP", IPPROTO_SCTP}};

const char *protocol_name(int protocol)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (protocols[i].number == protocol)
			return protocols[i].name;
	return NULL;
}

int protocol_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (strcmp(protocols[i].name, name) == 0)
			return protocols[i].number;
	return 0;
}

/* A list of at most max entries, or nothing: its length. */
static int list_length(const cJSON *list, const char *where, int max, struct kinc_error *err)
{
	if (!list || cJSON_IsNull(list))
		return 0;
	if (!cJSON_IsArray(list))
		return kinc_error_set(err, EINVAL, "%s is no list", where);
	int count = cJSON_GetArraySize(list);
	return count <= max ? count
			    : kinc_error_set(err, EINVAL, "%s has %d entries, more than %d", where,
					     count, max);
}

static bool number_of(const cJSON *item, unsigned *ret_number)
{
	if (!cJSON_IsNumber(item) || item->valuedouble != item->valueint || item->valueint < 1 ||
	    item->valueint > 65535)
		return false;
	*ret_number = (unsigned)item->valueint;
	return true;
}

static int parse_port(const cJSON *item, const char *where, struct policy_port *port,
		      struct kinc_error *err)
{
	const cJSON *given = kinc_json_get(item, "port"), *end = kinc_json_get(item, "endPort");
	const cJSON *protocol = kinc_json_get(item, "protocol");

	if (!cJSON_IsObject(item))
		return kinc_error_set(err, EINVAL, "%s is no object", where);
	port->protocol = IPPROTO_TCP;
	if (protocol && !cJSON_IsNull(protocol)) {
		port->protocol =
			cJSON_IsString(protocol) ? protocol_parse(protocol->valuestring) : 0;
		if (!port->protocol)
			return kinc_error_set(err, EINVAL,
					      "%s.protocol is none of TCP, UDP and SCTP", where);
	}
	bool ranged = end && !cJSON_IsNull(end);
	if (!given || cJSON_IsNull(given)) {
		if (ranged)
			return kinc_error_set(err, EINVAL, "%s has an endPort and no port", where);
		return 0;
	}
	if (cJSON_IsString(given) && *given->valuestring &&
	    strlen(given->valuestring) <= PORT_NAME_MAX) {
		if (ranged)
			return kinc_error_set(err, EINVAL, "%s has a named port and an endPort",
					      where);
		port->name = alloc_text(given->valuestring);
		return 0;
	}
	if (!number_of(given, &port->first))
		return kinc_error_set(err, EINVAL, "%s.port is no port", where);
	port->last = port->first;
	if (ranged && (!number_of(end, &port->last) || port->last < port->first))
		return kinc_error_set(err, EINVAL, "%s.endPort is no port from port on", where);
	return 0;
}

static int parse_block(const cJSON *block, const char *where, struct intervals *intervals,
		       struct kinc_error *err)
{
	const cJSON *excepts = kinc_json_get(block, "except"), *item;
	const char *text = kinc_json_string(block, "cidr", "");
	struct ip_prefix prefix, except;

	if (prefix_parse(text, &prefix) < 0)
		return kinc_error_set(err, EINVAL, "%s.cidr \"%.60s\" is no prefix", where, text);
	int status = list_length(excepts, where, EXCEPTS_MAX, err);
	if (status < 0)
		return status;
	intervals_add(intervals, &prefix);
	cJSON_ArrayForEach(item, excepts)
	{
		if (!cJSON_IsString(item) || prefix_parse(item->valuestring, &except) < 0 ||
		    except.address.family != prefix.address.family)
			return kinc_error_set(err, EINVAL, "%s.except has what is no prefix of %s",
					      where, text);
		intervals_subtract(intervals, &except);
	}
	return 0;
}

static bool given(const cJSON *item)
{
	return item && !cJSON_IsNull(item);
}

static int parse_peer(const cJSON *item, const char *where, struct policy_peer *peer,
		      struct kinc_error *err)
{
	const cJSON *block = kinc_json_get(item, "ipBlock");
	const cJSON *pods = kinc_json_get(item, "podSelector");
	const cJSON *namespaces = kinc_json_get(item, "namespaceSelector");
	int status = 0;

	/* An empty peer selects nothing that anybody could mean; the API server refuses it. */
	if (!given(block) && !given(pods) && !given(namespaces))
		return kinc_error_set(err, EINVAL, "%s selects nobody", where);
	if (given(block)) {
		if (given(pods) || given(namespaces))
			return kinc_error_set(err, EINVAL, "%s has an ipBlock and a selector",
					      where);
		peer->is_block = true;
		return parse_block(block, where, &peer->block, err);
	}
	if (given(namespaces)) {
		peer->any_namespace_set = true;
		status = selector_parse(namespaces, where, &peer->namespaces, err);
	}
	if (status == 0 && given(pods))
		status = selector_parse(pods, where, &peer->pods, err);
	return status;
}

static int parse_rule(const cJSON *item, const char *where, const char *peers_key,
		      struct policy_rule *rule, struct kinc_error *err)
{
	const cJSON *peers = kinc_json_get(item, peers_key), *ports = kinc_json_get(item, "ports");
	const cJSON *each;
	char path[PATH_MAX_BYTES];

	if (!cJSON_IsObject(item))
		return kinc_error_set(err, EINVAL, "%s is no object", where);
	int peer_count = list_length(peers, where, PEERS_MAX, err);
	int port_count = peer_count < 0 ? peer_count : list_length(ports, where, PORTS_MAX, err);
	if (port_count < 0)
		return port_count;
	rule->peers = alloc((size_t)peer_count, sizeof(*rule->peers));
	rule->ports = alloc((size_t)port_count, sizeof(*rule->ports));
	cJSON_ArrayForEach(each, peers)
	{
		snprintf(path, sizeof(path), "%.64s.%.8s[%zu]", where, peers_key, rule->peer_count);
		int status = parse_peer(each, path, &rule->peers[rule->peer_count++], err);
		if (status < 0)
			return status;
	}
	cJSON_ArrayForEach(each, ports)
	{
		snprintf(path, sizeof(path), "%.64s.ports[%zu]", where, rule->port_count);
		int status = parse_port(each, path, &rule->ports[rule->port_count++], err);
		if (status < 0)
			return status;
	}
	return 0;
}

static int parse_rules(const cJSON *spec, enum direction direction, struct policy_spec *policy,
		       struct kinc_error *err)
{
	static const char *const names[] = {"ingress", "egress"}, *const peers[] = {"from", "to"};
	const cJSON *list = kinc_json_get(spec, names[direction]), *item;
	char path[WHERE_MAX];
	int count = list_length(list, names[direction], RULES_MAX, err);

	if (count < 0)
		return count;
	policy->rules[direction] = alloc((size_t)count, sizeof(struct policy_rule));
	cJSON_ArrayForEach(item, list)
	{
		size_t i = policy->rule_count[direction]++;
		snprintf(path, sizeof(path), "spec.%s[%zu]", names[direction], i);
		int status =
			parse_rule(item, path, peers[direction], &policy->rules[direction][i], err);
		if (status < 0)
			return status;
	}
	return 0;
}

static int parse_types(const cJSON *spec, struct policy_spec *policy, struct kinc_error *err)
{
	const cJSON *types = kinc_json_get(spec, "policyTypes"), *item;
	bool isolates[DIRECTIONS] = {false, false};
	int count = list_length(types, "spec.policyTypes", DIRECTIONS, err);

	if (count < 0)
		return count;
	cJSON_ArrayForEach(item, types)
	{
		const char *name = cJSON_IsString(item) ? item->valuestring : "";
		if (strcmp(name, "Ingress") != 0 && strcmp(name, "Egress") != 0)
			return kinc_error_set(err, EINVAL,
					      "spec.policyTypes: \"%.40s\" is not known", name);
		isolates[*name == 'I' ? INGRESS : EGRESS] = true;
	}
	if (count == 0) {
		isolates[INGRESS] = true;
		isolates[EGRESS] = cJSON_GetArraySize(kinc_json_get(spec, "egress")) > 0;
	}
	memcpy(policy->isolates, isolates, sizeof(isolates));
	return 0;
}

static void release_rules(struct policy_spec *spec)
{
	for (int direction = 0; direction < DIRECTIONS; direction++) {
		for (size_t i = 0; i < spec->rule_count[direction]; i++) {
			struct policy_rule *rule = &spec->rules[direction][i];
			for (size_t j = 0; j < rule->peer_count; j++) {
				intervals_release(&rule->peers[j].block);
				selector_release(&rule->peers[j].namespaces);
				selector_release(&rule->peers[j].pods);
			}
			for (size_t j = 0; j < rule->port_count; j++)
				free(rule->ports[j].name);
			free(rule->peers);
			free(rule->ports);
		}
		free(spec->rules[direction]);
		spec->rules[direction] = NULL;
		spec->rule_count[direction] = 0;
	}
}

int policy_spec_parse(const cJSON *spec, struct policy_spec *ret_spec, struct kinc_error *err)
{
	struct policy_spec policy = {.isolates = {true, true}};
	const cJSON *pods = kinc_json_get(spec, "podSelector");
	int status = 0;

	if (!cJSON_IsObject(spec))
		status = kinc_error_set(err, EINVAL, "spec is no object");
	/* The field must be there; an older API server wrote none for an empty one. */
	if (status == 0 && given(pods))
		status = selector_parse(pods, "spec.podSelector", &policy.pods, err);
	if (status == 0)
		status = parse_types(spec, &policy, err);
	for (int direction = 0; status == 0 && direction < DIRECTIONS; direction++)
		status = parse_rules(spec, (enum direction)direction, &policy, err);
	if (status < 0)
		release_rules(&policy);
	*ret_spec = policy;
	return status;
}

void policy_spec_release(struct policy_spec *spec)
{
	release_rules(spec);
	selector_release(&spec->pods);
	*spec = (struct policy_spec){0};
}
