/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include <errno.h>

#include "alloc.h"
#include "json.h"
#include "node_addresses.h"
#include "store.h"

#define NAME_BYTES 600

struct end {
	char name[NAME_BYTES];
	struct ip_address addresses[POD_ADDRESSES_MAX];
	size_t count;
};

static int find_end(const struct model *model, const char *text, struct end *end,
		    struct kinc_error *err)
{
	const char *slash = strchr(text, '/');
	char space[NAME_BYTES];

	snprintf(end->name, sizeof(end->name), "%.*s", NAME_BYTES - 1, text);
	end->count = 1;
	if (ip_parse(text, &end->addresses[0]) == 0)
		return 0;
	snprintf(space, sizeof(space), "%.*s", slash ? (int)(slash - text) : 0, text);
	const struct pod *pod = slash ? store_pod(model, space, slash + 1) : NULL;
	if (!pod)
		return kinc_error_set(err, ENOENT,
				      "\"%.200s\" is neither an address nor the NAMESPACE/POD of "
				      "a pod that is known",
				      text);
	end->count = pod->held_count;
	for (size_t i = 0; i < pod->held_count; i++)
		end->addresses[i] = pod->held[i].address;
	if (!end->count)
		return kinc_error_set(err, ENOENT, "pod %.200s has no address of its own%s", text,
				      pod->spec.host_network ? ": it is on the node's network" : "");
	return 0;
}

static int parse_port(const char *text, struct flow *flow, struct kinc_error *err)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	flow->protocol = protocol_parse(*end == '/' ? end + 1 : "TCP");
	if (end == text || (*end && *end != '/') || !flow->protocol || port < 1 || port > 65535)
		return kinc_error_set(err, EINVAL,
				      "\"%.60s\" is no PORT or PORT/PROTOCOL with TCP, UDP or SCTP",
				      text);
	flow->port = (unsigned)port;
	return 0;
}

static bool pick_family(const struct end *source, const struct end *destination, struct flow *flow)
{
	for (size_t i = 0; i < source->count; i++)
		for (size_t j = 0; j < destination->count; j++)
			if (source->addresses[i].family == destination->addresses[j].family) {
				flow->source = source->addresses[i];
				flow->destination = destination->addresses[j];
				return true;
			}
	return false;
}

static void add_name(cJSON *object, const char *key, const char *space, const char *name)
{
	char text[NAME_BYTES];

	snprintf(text, sizeof(text), "%s/%s", space, name);
	cJSON_AddStringToObject(object, key, text);
}

static cJSON *describe_side(const struct side *side, enum direction direction)
{
	cJSON *object = cJSON_CreateObject();

	if (side->pod)
		add_name(object, "pod", side->pod->space->name, side->pod->name);
	cJSON_AddBoolToObject(object, "isolated", side->isolated);
	cJSON_AddBoolToObject(object, "allowed", side->allowed);
	cJSON *list = cJSON_AddArrayToObject(object, "policies");
	const struct policy *policy = side->isolated ? side->pod->space->policies : NULL;
	for (; policy; policy = policy->next) {
		if (!verdict_selects(policy, side->pod, direction))
			continue;
		cJSON *one = cJSON_CreateObject();
		add_name(one, "name", policy->space->name, policy->name);
		if (policy->fault)
			cJSON_AddStringToObject(one, "fault", policy->fault);
		cJSON_AddItemToArray(list, one);
	}
	if (side->policy) {
		add_name(object, "policy", side->policy->space->name, side->policy->name);
		cJSON_AddNumberToObject(object, "rule", (double)side->rule);
	}
	return object;
}

static void add_end(cJSON *object, const char *key, const struct ip_address *address,
		    const struct pod *pod)
{
	cJSON *end = cJSON_AddObjectToObject(object, key);
	char text[IP_TEXT_MAX];

	cJSON_AddStringToObject(end, "address", ip_format(address, text));
	if (pod)
		add_name(end, "pod", pod->space->name, pod->name);
}

cJSON *explain(const struct model *model, const char *source, const char *destination,
	       const char *port, struct kinc_error *err)
{
	struct node_addresses node = {0};
	struct end from = {0}, to = {0};
	struct flow flow = {0};
	struct verdict verdict;

	if (find_end(model, source, &from, err) < 0 || find_end(model, destination, &to, err) < 0 ||
	    parse_port(port, &flow, err) < 0)
		return NULL;
	if (!pick_family(&from, &to, &flow)) {
		kinc_error_set(err, ENOENT, "%.200s and %.200s have no address of one family",
			       source, destination);
		return NULL;
	}
	verdict_decide(model, &flow, &verdict);
	node_addresses_read(&node);
	bool own = node_addresses_has(&node, &flow.source) ||
		   node_addresses_has(&node, &flow.destination);
	node_addresses_release(&node);

	cJSON *object = cJSON_CreateObject();
	cJSON_AddBoolToObject(object, "allowed", verdict.allowed || own);
	add_end(object, "source", &flow.source, verdict.sides[EGRESS].pod);
	add_end(object, "destination", &flow.destination, verdict.sides[INGRESS].pod);
	cJSON_AddNumberToObject(object, "port", flow.port);
	cJSON_AddStringToObject(object, "protocol", protocol_name(flow.protocol));
	if (own || verdict.self)
		cJSON_AddStringToObject(object, "always",
					own ? "the node's own traffic is never filtered"
					    : "a pod reaches itself");
	cJSON_AddItemToObject(object, "egress", describe_side(&verdict.sides[EGRESS], EGRESS));
	cJSON_AddItemToObject(object, "ingress", describe_side(&verdict.sides[INGRESS], INGRESS));
	return object;
}

static void print_end(const cJSON *end, FILE *out)
{
	const char *pod = kinc_json_string(end, "pod", "");

	if (*pod)
		fprintf(out, "%s (%s)", pod, kinc_json_string(end, "address", ""));
	else
		fputs(kinc_json_string(end, "address", ""), out);
}

static void print_side(const cJSON *side, const char *direction, FILE *out)
{
	const char *pod = kinc_json_string(side, "pod", "");
	const cJSON *item;
	const char *comma = "";

	if (!*pod) {
		fprintf(out, "  %s: no pod of this cluster\n", direction);
		return;
	}
	fprintf(out, "  %s of %s: ", direction, pod);
	if (!kinc_json_bool(side, "isolated", false)) {
		fputs("no policy selects it, everything is allowed\n", out);
		return;
	}
	fputs("isolated by ", out);
	cJSON_ArrayForEach(item, kinc_json_get(side, "policies"))
	{
		const char *fault = kinc_json_string(item, "fault", "");
		fprintf(out, "%s%s", comma, kinc_json_string(item, "name", ""));
		if (*fault)
			fprintf(out, " (allows nothing: %s)", fault);
		comma = ", ";
	}
	if (kinc_json_bool(side, "allowed", false))
		fprintf(out, "; allowed by %s, spec.%s[%d]\n",
			kinc_json_string(side, "policy", ""), direction,
			kinc_json_int(side, "rule", 0));
	else
		fputs("; no rule allows it\n", out);
}

void explain_print(const cJSON *explanation, FILE *out)
{
	const char *always = kinc_json_string(explanation, "always", "");

	fputs(kinc_json_bool(explanation, "allowed", false) ? "allowed: " : "forbidden: ", out);
	print_end(kinc_json_get(explanation, "source"), out);
	fputs(" -> ", out);
	print_end(kinc_json_get(explanation, "destination"), out);
	fprintf(out, " %d/%s\n", kinc_json_int(explanation, "port", 0),
		kinc_json_string(explanation, "protocol", ""));
	if (*always) {
		fprintf(out, "  %s\n", always);
		return;
	}
	print_side(kinc_json_get(explanation, "egress"), "egress", out);
	print_side(kinc_json_get(explanation, "ingress"), "ingress", out);
}
