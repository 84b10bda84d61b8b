/* SPDX-License-Identifier: MIT */
#include "model.h"

#include "alloc.h"
#include "chains.h"
#include "peers.h"
#include "store.h"

void model_init(struct model *model, const char *node, bool ipv4, bool ipv6)
{
	*model = (struct model){.node = node, .families = {ipv4, ipv6}};
	model->dirty_end = &model->dirty;
}

void model_release(struct model *model)
{
	struct settlement last;

	store_release(model);
	model_settle(model, &last);
	settlement_release(&last);
	table_release(&model->spaces);
	table_release(&model->pods);
	table_release(&model->policies);
	table_release(&model->addresses);
	table_release(&model->peers);
	table_release(&model->chains);
}

void model_mark(struct model *model, struct pod *pod)
{
	if (pod->dirty)
		return;
	pod->dirty = true;
	pod->next_dirty = NULL;
	*model->dirty_end = pod;
	model->dirty_end = &pod->next_dirty;
}

void model_mark_space(struct model *model, struct space *space)
{
	for (struct pod *pod = space->pods; pod; pod = pod->next)
		model_mark(model, pod);
}

static void emit(struct elements *elements, const struct element *element)
{
	elements->list = alloc_grow(elements->list, elements->count, &elements->capacity,
				    sizeof(*elements->list));
	elements->list[elements->count++] = *element;
}

/* A set that nothing uses yet is filled before anything turns to it. */
static void emit_membership(struct model *model, const struct ip_address *addresses,
			    const struct membership *membership, bool add)
{
	const struct element element = {
		.kind = ELEMENT_PEERS,
		.add = add,
		.port = membership->port,
		.address = addresses[membership->address],
		.peers = membership->peers->id,
	};

	model->element_count += add ? 1 : (size_t)-1;
	if (!add)
		model->next.restricts = true;
	emit(membership->peers->staged ? &model->next.turn : &model->next.fill, &element);
}

static int compare_memberships(const void *a, const void *b)
{
	const struct membership *first = a, *second = b;

	if (first->peers != second->peers)
		return first->peers->id < second->peers->id ? -1 : 1;
	if (first->address != second->address)
		return first->address < second->address ? -1 : 1;
	return (first->port > second->port) - (first->port < second->port);
}

/* Sorted, so that old and new can be told apart by one walk over both. */
static void collect(struct model *model, const struct pod *pod, struct membership **list,
		    size_t *count)
{
	size_t capacity = 0;

	*list = NULL;
	*count = 0;
	if (!pod->held_count)
		return;
	for (struct peers *peers = pod->space->peers; peers; peers = peers->next)
		peers_collect(peers, pod, list, count, &capacity);
	for (struct peers *peers = model->any_space; peers; peers = peers->next)
		peers_collect(peers, pod, list, count, &capacity);
	if (*count)
		qsort(*list, *count, sizeof(**list), compare_memberships);
	/* Kept for long: no spare room. */
	if (*count < capacity)
		*list = *count ? alloc_must(reallocarray(*list, *count, sizeof(**list))) : *list;
}

static bool same_addresses(const struct pod *pod)
{
	if (pod->placed_count != pod->held_count)
		return false;
	for (size_t i = 0; i < pod->held_count; i++)
		if (!ip_equal(&pod->placed[i], &pod->held[i].address))
			return false;
	return true;
}

static void settle_memberships(struct model *model, struct pod *pod, const struct ip_address *held)
{
	struct membership *list;
	size_t count, i = 0, j = 0;

	collect(model, pod, &list, &count);
	while (i < pod->membership_count || j < count) {
		int order = i == pod->membership_count ? 1
			    : j == count ? -1
					 : compare_memberships(&pod->memberships[i], &list[j]);
		if (order < 0)
			emit_membership(model, held, &pod->memberships[i++], false);
		else if (order > 0)
			emit_membership(model, held, &list[j++], true);
		else
			i++, j++;
	}
	free(pod->memberships);
	pod->memberships = list;
	pod->membership_count = count;
}

static void emit_turn(struct model *model, enum element_kind kind, bool add,
		      const struct ip_address *address, enum direction direction,
		      const struct chain *chain)
{
	const struct element element = {
		.kind = kind,
		.add = add,
		.direction = (uint8_t)direction,
		.address = *address,
		.chain = chain,
	};

	model->element_count += add ? 1 : (size_t)-1;
	emit(&model->next.turn, &element);
}

static void unplace(struct model *model, const struct pod *pod, struct chain *const before[])
{
	for (size_t i = 0; i < pod->placed_count; i++) {
		/* First of all: from here on it is nobody's address. */
		emit_turn(model, ELEMENT_KNOWN, false, &pod->placed[i], INGRESS, NULL);
		emit_turn(model, ELEMENT_VERDICT, false, &pod->placed[i], INGRESS, NULL);
		emit_turn(model, ELEMENT_VERDICT, false, &pod->placed[i], EGRESS, NULL);
		if (before[INGRESS] || before[EGRESS])
			emit_turn(model, ELEMENT_SELF, false, &pod->placed[i], INGRESS, NULL);
	}
	model->next.restricts |= pod->placed_count > 0;
}

static void place(struct model *model, const struct pod *pod, const struct ip_address *held,
		  struct chain *const after[])
{
	for (size_t i = 0; i < pod->held_count; i++) {
		if (after[INGRESS] || after[EGRESS])
			emit_turn(model, ELEMENT_SELF, true, &held[i], INGRESS, NULL);
		emit_turn(model, ELEMENT_VERDICT, true, &held[i], INGRESS, after[INGRESS]);
		emit_turn(model, ELEMENT_VERDICT, true, &held[i], EGRESS, after[EGRESS]);
		emit_turn(model, ELEMENT_KNOWN, true, &held[i], INGRESS, NULL);
	}
}

/* The addresses stay, what they are sent to changes. */
static void turn(struct model *model, const struct pod *pod, struct chain *const before[],
		 struct chain *const after[])
{
	bool isolated = before[INGRESS] || before[EGRESS],
	     isolate = after[INGRESS] || after[EGRESS];

	for (size_t i = 0; i < pod->placed_count; i++) {
		const struct ip_address *address = &pod->placed[i];
		if (isolate && !isolated)
			emit_turn(model, ELEMENT_SELF, true, address, INGRESS, NULL);
		for (int d = 0; d < DIRECTIONS; d++) {
			enum direction direction = (enum direction)d;
			if (before[d] == after[d])
				continue;
			emit_turn(model, ELEMENT_VERDICT, false, address, direction, NULL);
			emit_turn(model, ELEMENT_VERDICT, true, address, direction, after[d]);
			model->next.restricts |= after[d] != NULL;
		}
		if (isolated && !isolate)
			emit_turn(model, ELEMENT_SELF, false, address, INGRESS, NULL);
	}
}

/* Pods of other nodes are peers, but their isolation is that node's. */
static bool is_own(const struct model *model, const struct pod *pod)
{
	return !model->node || !*pod->spec.node || strcmp(pod->spec.node, model->node) == 0;
}

/* The steps up to here belong together. */
static void end_pod(struct model *model)
{
	if (model->next.turn.count)
		model->next.turn.list[model->next.turn.count - 1].last = true;
	if (model->next.fill.count)
		model->next.fill.list[model->next.fill.count - 1].last = true;
}

/* Its addresses are as placed, or none is placed. */
static void settle_pod(struct model *model, struct pod *pod)
{
	struct chain *before[DIRECTIONS], *after[DIRECTIONS] = {NULL, NULL};
	struct ip_address held[POD_ADDRESSES_MAX];
	bool own = pod->held_count && is_own(model, pod);

	for (size_t i = 0; i < pod->held_count; i++)
		held[i] = pod->held[i].address;
	for (int d = 0; d < DIRECTIONS; d++) {
		before[d] = pod->profiles[d];
		if (own)
			after[d] = chain_of_pod(model, pod, (enum direction)d);
	}
	if (pod->placed_own && !own)
		unplace(model, pod, before);
	settle_memberships(model, pod, held);
	if (own && !pod->placed_own)
		place(model, pod, held, after);
	else if (own)
		turn(model, pod, before, after);
	pod->placed_own = own;
	pod->placed_count = pod->held_count;
	memcpy(pod->placed, held, pod->held_count * sizeof(*held));
	memcpy(pod->profiles, after, sizeof(after));
	for (int d = 0; d < DIRECTIONS; d++)
		chain_release(model, before[d]);
	end_pod(model);
}

/* As if it had no address; who gets one of its own comes later. */
static void withdraw(struct model *model, struct pod *pod)
{
	if (pod->placed_own)
		unplace(model, pod, pod->profiles);
	for (size_t i = 0; i < pod->membership_count; i++)
		emit_membership(model, pod->placed, &pod->memberships[i], false);
	pod->placed_own = false;
	pod->membership_count = pod->placed_count = 0;
	end_pod(model);
}

static int dead_order(char letter)
{
	return letter == 's' ? 2 : letter == 'i' || letter == 'e';
}

static int compare_dead(const void *a, const void *b)
{
	const struct dead *first = a, *second = b;
	int order = dead_order(first->letter) - dead_order(second->letter);

	return order ? order : (first->id > second->id) - (first->id < second->id);
}

static int compare_chains(const void *a, const void *b)
{
	const struct chain *first = *(struct chain *const *)a, *second = *(struct chain *const *)b;
	int order = dead_order(second->letter) - dead_order(first->letter);

	return order ? order : (first->id > second->id) - (first->id < second->id);
}

static void settle_pods(struct model *model)
{
	struct pod *pod, *next;

	for (pod = model->dirty; pod; pod = pod->next_dirty)
		if (pod->placed_count && !same_addresses(pod))
			withdraw(model, pod);
	for (pod = model->dirty; pod; pod = next) {
		next = pod->next_dirty;
		settle_pod(model, pod);
		pod->dirty = false;
		if (pod->gone)
			store_bury(model, pod);
	}
	model->dirty = NULL;
	model->dirty_end = &model->dirty;
}

static void hand_over(struct model *model, struct settlement *ret_settlement)
{
	struct settlement *next = &model->next;

	for (size_t i = 0; i < next->peers_count; i++)
		next->peers[i]->staged = true;
	for (size_t i = 0; i < next->chain_count; i++)
		next->chains[i]->staged = true;
	if (next->chain_count)
		qsort(next->chains, next->chain_count, sizeof(struct chain *), compare_chains);
	if (next->dead_count)
		qsort(next->dead, next->dead_count, sizeof(struct dead), compare_dead);
	*ret_settlement = *next;
	*next = (struct settlement){0};
}

void model_settle(struct model *model, struct settlement *ret_settlement)
{
	settle_pods(model);
	hand_over(model, ret_settlement);
}

static void restate_pod(struct model *model, struct pod *pod)
{
	pod->membership_count = pod->placed_count = 0;
	pod->placed_own = false;
	model_mark(model, pod);
}

void model_restate(struct model *model, struct settlement *ret_settlement)
{
	struct table_node *node = NULL;
	struct settlement unused;

	model_settle(model, &unused);
	settlement_release(&unused);
	model->element_count = 0;
	while ((node = table_next(&model->peers, node))) {
		struct peers *peers = table_entry(node, struct peers, node);
		peers->staged = false;
		settlement_add_peers(&model->next, peers);
	}
	while ((node = table_next(&model->chains, node))) {
		struct chain *chain = table_entry(node, struct chain, node);
		chain->staged = false;
		settlement_add_chain(&model->next, chain);
	}
	while ((node = table_next(&model->pods, node)))
		restate_pod(model, table_entry(node, struct pod, node));
	model_settle(model, ret_settlement);
	ret_settlement->restricts = true;
}

void settlement_release(struct settlement *settlement)
{
	free(settlement->peers);
	free(settlement->chains);
	free(settlement->fill.list);
	free(settlement->turn.list);
	free(settlement->dead);
	*settlement = (struct settlement){0};
}
