/* SPDX-License-Identifier: MIT */
#include "chains.h"

#include "alloc.h"
#include "peers.h"

void settlement_add_peers(struct settlement *settlement, struct peers *peers)
{
	settlement->peers = alloc_grow(settlement->peers, settlement->peers_count,
				       &settlement->peers_capacity, sizeof(struct peers *));
	settlement->peers[settlement->peers_count++] = peers;
}

static void add_dead(struct settlement *settlement, char letter, unsigned id)
{
	settlement->dead = alloc_grow(settlement->dead, settlement->dead_count,
				      &settlement->dead_capacity, sizeof(struct dead));
	settlement->dead[settlement->dead_count++] = (struct dead){letter, id};
}

void settlement_drop_peers(struct settlement *settlement, const struct peers *peers)
{
	if (peers->staged) {
		add_dead(settlement, 's', peers->id);
		return;
	}
	for (size_t i = settlement->peers_count; i-- > 0;) {
		if (settlement->peers[i] != peers)
			continue;
		memmove(&settlement->peers[i], &settlement->peers[i + 1],
			(--settlement->peers_count - i) * sizeof(struct peers *));
		return;
	}
}

void settlement_add_chain(struct settlement *settlement, struct chain *chain)
{
	settlement->chains = alloc_grow(settlement->chains, settlement->chain_count,
					&settlement->chain_capacity, sizeof(struct chain *));
	settlement->chains[settlement->chain_count++] = chain;
}

static void drop_chain(struct settlement *settlement, const struct chain *chain)
{
	if (chain->staged) {
		add_dead(settlement, chain->letter, chain->id);
		return;
	}
	for (size_t i = settlement->chain_count; i-- > 0;) {
		if (settlement->chains[i] != chain)
			continue;
		memmove(&settlement->chains[i], &settlement->chains[i + 1],
			(--settlement->chain_count - i) * sizeof(struct chain *));
		return;
	}
}

static void release_parts(struct model *model, struct chain_wish *parts)
{
	for (size_t i = 0; i < parts->child_count; i++)
		chain_release(model, parts->children[i]);
	for (size_t i = 0; i < parts->peers_count; i++)
		peers_release(model, parts->peers[i]);
	free(parts->children);
	free(parts->peers);
	free(parts->policies);
	free(parts->text);
	free(parts->key);
}

struct chain *chain_acquire(struct model *model, struct chain_wish *wish)
{
	uint64_t hash = table_hash(wish->key);
	struct table_node *node = NULL;

	while ((node = table_find(&model->chains, hash, node))) {
		struct chain *found = table_entry(node, struct chain, node);
		if (found->letter != wish->letter || strcmp(found->key, wish->key) != 0)
			continue;
		found->refs++;
		release_parts(model, wish);
		return found;
	}
	struct chain *chain = alloc(1, sizeof(*chain));
	*chain = (struct chain){
		.key = wish->key,
		.text = wish->text,
		.letter = wish->letter,
		.id = ++model->last_id,
		.refs = 1,
		.peers = wish->peers,
		.peers_count = wish->peers_count,
		.children = wish->children,
		.child_count = wish->child_count,
		.policies = wish->policies,
	};
	table_add(&model->chains, &chain->node, hash);
	settlement_add_chain(&model->next, chain);
	return chain;
}

void chain_release(struct model *model, struct chain *chain)
{
	if (!chain || --chain->refs > 0)
		return;
	table_remove(&model->chains, &chain->node);
	drop_chain(&model->next, chain);
	struct chain_wish parts = {
		.key = chain->key,
		.text = chain->text,
		.policies = chain->policies,
		.peers = chain->peers,
		.peers_count = chain->peers_count,
		.children = chain->children,
		.child_count = chain->child_count,
	};
	release_parts(model, &parts);
	free(chain);
}

struct chain *chain_of_pod(struct model *model, const struct pod *pod, enum direction direction)
{
	struct chain_wish wish = {.letter = direction == INGRESS ? 'I' : 'E'};
	FILE *key = NULL, *text = NULL, *names = NULL;
	size_t capacity = 0, size;
	const struct policy *policy;

	for (policy = pod->space->policies; policy; policy = policy->next) {
		struct chain *child = policy->chains[direction];
		if (!child || !selector_match(&policy->spec.pods, &pod->spec.labels))
			continue;
		if (!key) {
			key = alloc_stream(&wish.key, &size);
			text = alloc_stream(&wish.text, &size);
			names = alloc_stream(&wish.policies, &size);
		}
		wish.children = alloc_grow(wish.children, wish.child_count, &capacity,
					   sizeof(struct chain *));
		wish.children[wish.child_count++] = child;
		child->refs++;
		fprintf(key, "%s/%s %u,", pod->space->name, policy->name, child->id);
		fprintf(names, "%s%s/%s", wish.child_count > 1 ? " " : "", pod->space->name,
			policy->name);
		/* What allows nothing needs no jump. */
		if (*child->text)
			fprintf(text, "jump %%%c%u\n", child->letter, child->id);
	}
	if (!key)
		return NULL;
	fclose(key);
	fclose(text);
	fclose(names);
	return chain_acquire(model, &wish);
}
