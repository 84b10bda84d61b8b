/* SPDX-License-Identifier: MIT */
/*
 * The units by name: a table of slots with open addressing, never more than
 * half full, so that loading thousands of units costs each of them the same.
 */
#include "unit_set.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit_keys.h"

static size_t slot_of(const struct unit_set *set, const char *name)
{
	uint32_t hash = 2166136261U; /* FNV-1a */

	for (const char *at = name; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619U;
	size_t slot = hash & (set->slot_count - 1);
	while (set->slots[slot] && strcmp(set->slots[slot]->name, name) != 0)
		slot = (slot + 1) & (set->slot_count - 1);
	return slot;
}

struct unit *unit_set_lookup(const struct unit_set *set, const char *name)
{
	return set->slot_count ? set->slots[slot_of(set, name)] : NULL;
}

struct unit *unit_find(const struct unit_set *set, const char *name)
{
	struct unit *unit = unit_set_lookup(set, name);

	return unit && !unit->masked && !unit->is_template ? unit : NULL;
}

/* Makes room for one more in both arrays. */
static bool reserve(struct unit_set *set)
{
	size_t room = set->slot_count ? set->slot_count * 2 : 64;

	if ((set->count + 1) * 2 <= set->slot_count)
		return true;
	struct unit **items = realloc(set->items, room / 2 * sizeof(struct unit *));
	if (!items)
		return false;
	set->items = items;
	struct unit **slots = calloc(room, sizeof(struct unit *));
	if (!slots)
		return false;
	free(set->slots);
	set->slots = slots;
	set->slot_count = room;
	for (size_t i = 0; i < set->count; i++)
		slots[slot_of(set, items[i]->name)] = items[i];
	return true;
}

struct unit *unit_set_add(struct unit_set *set, const char *name)
{
	if (set->count >= UNITS_MAX || !reserve(set))
		return NULL;
	struct unit *unit = unit_new(&set->arena, name);
	if (!unit)
		return NULL;
	set->slots[slot_of(set, name)] = unit;
	set->items[set->count++] = unit;
	return unit;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp((*(struct unit *const *)left)->name, (*(struct unit *const *)right)->name);
}

bool unit_set_sort(struct unit_set *set)
{
	set->by_name = arena_alloc(&set->arena, (set->count + 1) * sizeof(struct unit *));
	if (!set->by_name)
		return false;
	if (set->count > 0) {
		memcpy(set->by_name, set->items, set->count * sizeof(struct unit *));
		qsort(set->by_name, set->count, sizeof(struct unit *), compare_names);
	}
	return true;
}

void unit_set_drop(struct unit_set *set, bool (*dropped)(const struct unit *unit))
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		struct unit *unit = set->items[i];
		if (!dropped(unit)) {
			set->items[kept++] = unit;
			continue;
		}
		free(unit->places);
		unit->places = NULL;
	}
	set->count = kept;
}
