/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include "store.h"

/* A connection as the pod that is isolated sees it. */
struct view {
	const struct flow *flow;
	enum direction direction;
	const struct policy *policy;
	const struct ip_address *far;
	const struct pod *far_pod;     /* NULL: of no pod */
	const struct pod *destination; /* the same */
};

static bool is_peer(const struct view *view, const struct policy_peer *peer)
{
	const struct pod *far = view->far_pod;

	if (peer->is_block)
		return intervals_contain(&peer->block, view->far);
	if (!far || !selector_match(&peer->pods, &far->spec.labels))
		return false;
	if (peer->any_namespace_set)
		return selector_match(&peer->namespaces, &far->space->labels);
	return far->space == view->policy->space;
}

static bool has_port(const struct pod *pod, const struct policy_port *port, unsigned number)
{
	for (size_t i = 0; pod && i < pod->spec.port_count; i++)
		if (pod->spec.ports[i].number == number &&
		    pod->spec.ports[i].protocol == port->protocol &&
		    strcmp(pod->spec.ports[i].name, port->name) == 0)
			return true;
	return false;
}

static bool is_port(const struct view *view, const struct policy_port *port)
{
	if (port->protocol != view->flow->protocol)
		return false;
	if (port->name)
		return has_port(view->destination, port, view->flow->port);
	return !port->first ||
	       (port->first <= view->flow->port && view->flow->port <= port->last);
}

static bool rule_allows(const struct view *view, const struct policy_rule *rule)
{
	bool who = !rule->peer_count, what = !rule->port_count;

	for (size_t i = 0; !who && i < rule->peer_count; i++)
		who = is_peer(view, &rule->peers[i]);
	for (size_t i = 0; who && !what && i < rule->port_count; i++)
		what = is_port(view, &rule->ports[i]);
	return who && what;
}

bool verdict_selects(const struct policy *policy, const struct pod *pod, enum direction direction)
{
	return policy->spec.isolates[direction] &&
	       selector_match(&policy->spec.pods, &pod->spec.labels);
}

static void decide(struct view *view, struct side *side)
{
	const struct policy *policy = side->pod && side->pod->placed_own
					      ? side->pod->space->policies
					      : NULL;

	side->allowed = true;
	for (; policy; policy = policy->next) {
		if (!verdict_selects(policy, side->pod, view->direction))
			continue;
		if (!side->isolated) {
			side->isolated = true;
			side->allowed = false;
		}
		view->policy = policy;
		for (size_t i = 0; i < policy->spec.rule_count[view->direction]; i++) {
			/* One that cannot be compiled allows nothing. */
			if (policy->fault ||
			    !rule_allows(view, &policy->spec.rules[view->direction][i]))
				continue;
			side->allowed = true;
			side->policy = policy;
			side->rule = i;
			return;
		}
	}
}

void verdict_decide(const struct model *model, const struct flow *flow, struct verdict *ret_verdict)
{
	const struct pod *source = store_owner(model, &flow->source);
	const struct pod *destination = store_owner(model, &flow->destination);
	struct view out = {.flow = flow,
			   .direction = EGRESS,
			   .far = &flow->destination,
			   .far_pod = destination,
			   .destination = destination};
	struct view in = {.flow = flow,
			  .direction = INGRESS,
			  .far = &flow->source,
			  .far_pod = source,
			  .destination = destination};

	*ret_verdict = (struct verdict){.self = source && source == destination &&
						ip_equal(&flow->source, &flow->destination)};
	ret_verdict->sides[EGRESS].pod = source;
	ret_verdict->sides[INGRESS].pod = destination;
	decide(&out, &ret_verdict->sides[EGRESS]);
	decide(&in, &ret_verdict->sides[INGRESS]);
	ret_verdict->allowed = ret_verdict->self || (ret_verdict->sides[EGRESS].allowed &&
						     ret_verdict->sides[INGRESS].allowed);
}
