/* SPDX-License-Identifier: MIT */
#ifndef NETD_TABLE_H
#define NETD_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hash.h"

/*
 * A hash table of nodes that are members of what is found. It owns nothing
 * but its slots; keys are compared by the caller.
 */
struct table_node {
	struct table_node *next;
	uint64_t hash;
};

struct table {
	struct table_node **slots;
	size_t size; /* of slots, a power of two or 0 */
	size_t count;
};

#define table_entry(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

void table_add(struct table *table, struct table_node *node, uint64_t hash);
void table_remove(struct table *table, struct table_node *node);
/* The nodes of that hash, one after another: start with NULL. */
struct table_node *table_find(const struct table *table, uint64_t hash, struct table_node *after);
/* All nodes, in no order: start with NULL. The node returned last may not be removed before. */
struct table_node *table_next(const struct table *table, struct table_node *after);
void table_release(struct table *table);

static inline uint64_t table_hash(const char *text)
{
	return hash_bytes(HASH_START, text, strlen(text));
}

/* Of two texts, neither of which runs into the other. */
static inline uint64_t table_hash_pair(const char *first, const char *second)
{
	return hash_bytes(hash_bytes(HASH_START, first, strlen(first) + 1), second, strlen(second));
}

#endif
