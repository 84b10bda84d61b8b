/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <stdlib.h>

#include "alloc.h"

/* FNV's low bits are its best. */
static struct table_node **slot_of(const struct table *table, uint64_t hash)
{
	return &table->slots[hash & (table->size - 1)];
}

static void grow(struct table *table)
{
	struct table bigger = {.size = table->size ? table->size * 2 : 64, .count = table->count};

	bigger.slots = alloc(bigger.size, sizeof(struct table_node *));
	for (size_t i = 0; i < table->size; i++) {
		struct table_node *node = table->slots[i];
		while (node) {
			struct table_node *next = node->next, **slot = slot_of(&bigger, node->hash);
			node->next = *slot;
			*slot = node;
			node = next;
		}
	}
	free(table->slots);
	*table = bigger;
}

void table_add(struct table *table, struct table_node *node, uint64_t hash)
{
	if (table->count >= table->size)
		grow(table);
	struct table_node **slot = slot_of(table, hash);
	node->hash = hash;
	node->next = *slot;
	*slot = node;
	table->count++;
}

void table_remove(struct table *table, struct table_node *node)
{
	struct table_node **link = slot_of(table, node->hash);

	while (*link != node)
		link = &(*link)->next;
	*link = node->next;
	table->count--;
}

struct table_node *table_find(const struct table *table, uint64_t hash, struct table_node *after)
{
	struct table_node *node;

	if (!table->size)
		return NULL;
	for (node = after ? after->next : *slot_of(table, hash); node; node = node->next)
		if (node->hash == hash)
			return node;
	return NULL;
}

struct table_node *table_next(const struct table *table, struct table_node *after)
{
	size_t i = 0;

	if (after && after->next)
		return after->next;
	if (after)
		i = (size_t)(after->hash & (table->size - 1)) + 1;
	for (; i < table->size; i++)
		if (table->slots[i])
			return table->slots[i];
	return NULL;
}

void table_release(struct table *table)
{
	free(table->slots);
	*table = (struct table){0};
}
