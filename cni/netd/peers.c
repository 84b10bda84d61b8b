/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include "alloc.h"
#include "chains.h"

static char *key_of(const struct peers_wish *wish)
{
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX], *key = NULL;
	size_t size;
	FILE *out = alloc_stream(&key, &size);

	if (wish->space) {
		fprintf(out, "namespace %s", wish->space->name);
	} else {
		fputs("namespaces [", out);
		if (wish->namespaces)
			selector_print(wish->namespaces, out);
		fputc(']', out);
	}
	fputs(" pods [", out);
	if (wish->pods)
		selector_print(wish->pods, out);
	fputc(']', out);
	for (size_t i = 0; wish->block && i < wish->block->count; i++)
		fprintf(out, " %s-%s", ip_format(&wish->block->list[i].first, first),
			ip_format(&wish->block->list[i].last, last));
	if (wish->port)
		fprintf(out, " port %s/%s", wish->port, protocol_name(wish->protocol));
	fclose(out);
	return alloc_must(key);
}

static void copy_selector(struct selector *to, const struct selector *from)
{
	if (!from || !from->count)
		return;
	to->list = alloc(from->count, sizeof(*to->list));
	to->count = from->count;
	for (size_t i = 0; i < from->count; i++) {
		const struct requirement *each = &from->list[i];
		to->list[i] = (struct requirement){
			.test = each->test,
			.key = alloc_text(each->key),
			.values = alloc(each->count, sizeof(char *)),
			.count = each->count,
		};
		for (size_t j = 0; j < each->count; j++)
			to->list[i].values[j] = alloc_text(each->values[j]);
	}
}

bool peers_match(const struct peers *peers, const struct pod *pod)
{
	if (peers->space ? peers->space != pod->space
			 : !selector_match(&peers->namespaces, &pod->space->labels))
		return false;
	if (!selector_match(&peers->pods, &pod->spec.labels))
		return false;
	for (size_t i = 0; peers->port && i < pod->spec.port_count; i++)
		if (pod->spec.ports[i].protocol == peers->protocol &&
		    strcmp(pod->spec.ports[i].name, peers->port) == 0)
			return true;
	return !peers->port;
}

static void collect_one(struct peers *peers, size_t address, unsigned port,
			struct membership **list, size_t *count, size_t *capacity)
{
	struct membership one = {peers, (uint16_t)address, (uint16_t)port};

	for (size_t i = *count; i-- > 0 && (*list)[i].peers == peers;)
		if ((*list)[i].address == one.address && (*list)[i].port == one.port)
			return; /* two containers with one port */
	*list = alloc_grow(*list, *count, capacity, sizeof(**list));
	(*list)[(*count)++] = one;
}

void peers_collect(struct peers *peers, const struct pod *pod, struct membership **list,
		   size_t *count, size_t *capacity)
{
	if (!peers_match(peers, pod))
		return;
	for (size_t i = 0; i < pod->held_count; i++) {
		if (peers->is_block && !intervals_contain(&peers->block, &pod->held[i].address))
			continue;
		if (!peers->port)
			collect_one(peers, i, 0, list, count, capacity);
		for (size_t j = 0; peers->port && j < pod->spec.port_count; j++) {
			const struct pod_port *port = &pod->spec.ports[j];
			if (port->protocol == peers->protocol &&
			    strcmp(port->name, peers->port) == 0)
				collect_one(peers, i, port->number, list, count, capacity);
		}
	}
}

/* Those that may be members are looked at again, or forget that they were. */
static void each_pod(struct model *model, struct peers *peers,
		     void (*visit)(struct model *, struct peers *, struct pod *))
{
	struct table_node *node = NULL;

	if (peers->space) {
		for (struct pod *pod = peers->space->pods; pod; pod = pod->next)
			visit(model, peers, pod);
		return;
	}
	/* By way of the spaces: they still have pods that are gone and not settled. */
	while ((node = table_next(&model->spaces, node)))
		for (struct pod *pod = table_entry(node, struct space, node)->pods; pod;
		     pod = pod->next)
			visit(model, peers, pod);
}

static void mark_match(struct model *model, struct peers *peers, struct pod *pod)
{
	if (!pod->dirty && peers_match(peers, pod))
		model_mark(model, pod);
}

static void forget(struct model *model, struct peers *peers, struct pod *pod)
{
	size_t kept = 0;

	for (size_t i = 0; i < pod->membership_count; i++)
		if (pod->memberships[i].peers != peers)
			pod->memberships[kept++] = pod->memberships[i];
	model->element_count -= pod->membership_count - kept;
	pod->membership_count = kept;
}

struct peers *peers_acquire(struct model *model, const struct peers_wish *wish)
{
	char *key = key_of(wish);
	uint64_t hash = table_hash(key);
	struct table_node *node = NULL;

	while ((node = table_find(&model->peers, hash, node))) {
		struct peers *found = table_entry(node, struct peers, node);
		if (strcmp(found->key, key) != 0)
			continue;
		free(key);
		found->refs++;
		return found;
	}
	struct peers *peers = alloc(1, sizeof(*peers));
	peers->key = key;
	peers->id = ++model->last_id;
	peers->refs = 1;
	peers->space = wish->space;
	copy_selector(&peers->namespaces, wish->namespaces);
	copy_selector(&peers->pods, wish->pods);
	peers->is_block = wish->block;
	if (wish->block)
		intervals_merge(&peers->block, wish->block);
	peers->port = wish->port ? alloc_text(wish->port) : NULL;
	peers->protocol = wish->protocol;
	table_add(&model->peers, &peers->node, hash);
	struct peers **list = peers->space ? &peers->space->peers : &model->any_space;
	peers->next = *list;
	peers->link = list;
	if (peers->next)
		peers->next->link = &peers->next;
	*list = peers;
	settlement_add_peers(&model->next, peers);
	each_pod(model, peers, mark_match);
	return peers;
}

void peers_release(struct model *model, struct peers *peers)
{
	if (--peers->refs > 0)
		return;
	each_pod(model, peers, forget);
	*peers->link = peers->next;
	if (peers->next)
		peers->next->link = peers->link;
	table_remove(&model->peers, &peers->node);
	settlement_drop_peers(&model->next, peers);
	selector_release(&peers->namespaces);
	selector_release(&peers->pods);
	intervals_release(&peers->block);
	free(peers->port);
	free(peers->key);
	free(peers);
}
