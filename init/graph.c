/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: units are nodes, "before" the edges. requires and after
 * are edges as they stand; wants only pulls a unit in, except that a target
 * also waits for what it wants, because "reached" would mean nothing otherwise.
 * A unit that is not part of the boot holds up nobody.
 */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

#include "graph_fault.h"
#include "unit_keys.h"
#include "unit_set.h"

struct walk {
	struct unit_set *set;
	struct complaints *complaints;
	unsigned char *seen;  /* per unit: 0 new, 1 on the path, 2 done */
	struct unit **path;   /* from the root of the walk to here */
	size_t depth;
	struct unit **order;
	size_t ordered;
	bool cycle;
};

/* The unit that the ordinal-th name under a key means; NULL when it does not count. */
static struct unit *resolve_name(struct walk *walk, const struct unit *unit, enum unit_key key,
				 const char *name, size_t ordinal)
{
	struct unit *found = unit_find(walk->set, name);

	if (found)
		return found;
	const struct unit *hidden = unit_set_lookup(walk->set, name);
	bool masked = hidden && hidden->masked;
	if (masked && key != KEY_REQUIRES)
		return NULL;
	const struct unit_place *place = &unit->places[key];
	if (!place->doc)
		return NULL;
	uint32_t node = unit_place_item(place, ordinal);
	if (hidden && hidden->is_template)
		complain_at(walk->complaints, place->doc, node,
			    "\"%s\" is a template: name an instance of it, such as \"%sone\"", name,
			    name);
	else if (masked)
		complain_at(walk->complaints, place->doc, node,
			    "unit \"%s\" is masked, but \"%s\" requires it", name, unit->name);
	else
		complain_at(walk->complaints, place->doc, node,
			    "there is no unit \"%s\", which \"%s\" names", name, unit->name);
	return NULL;
}

/*
 * Adds the edge; a second one between the same two does no harm, so long lists
 * are not searched. The arrays are arena memory that grows by doubling.
 */
static bool edge_add(struct arena *arena, struct edges *edges, struct unit *unit)
{
	for (size_t i = 0; i < edges->count && edges->count < 64; i++)
		if (edges->items[i] == unit)
			return true;
	if ((edges->count & (edges->count - 1)) == 0) {
		size_t room = edges->count ? edges->count * 2 : 1;
		struct unit **items = arena_alloc(arena, room * sizeof(struct unit *));
		if (!items)
			return false;
		if (edges->count > 0)
			memcpy(items, edges->items, edges->count * sizeof(struct unit *));
		edges->items = items;
	}
	edges->items[edges->count++] = unit;
	return true;
}

static void connect_key(struct walk *walk, struct unit *unit, enum unit_key key,
			const struct strings *names)
{
	struct arena *arena = &walk->set->arena;
	bool done = true;

	for (size_t i = 0; i < names->count; i++) {
		struct unit *other = resolve_name(walk, unit, key, names->items[i], i);
		if (!other)
			continue;
		if (key == KEY_CONFLICTS) {
			done &= edge_add(arena, &unit->rivals, other) &&
				edge_add(arena, &other->rivals, unit);
			continue;
		}
		struct unit *waiting = key == KEY_WANTED_BY ? other : unit;
		struct unit *first = key == KEY_WANTED_BY ? unit : other;
		if (key != KEY_AFTER)
			first->named = true;
		if (key == KEY_REQUIRES)
			done &= edge_add(arena, &unit->needs, other);
		if (key == KEY_WANTS || key == KEY_WANTED_BY)
			done &= edge_add(arena, &waiting->pulls, first);
		if (key == KEY_REQUIRES || key == KEY_AFTER || waiting->type == UNIT_TARGET) {
			done &= edge_add(arena, &waiting->before, first);
			done &= edge_add(arena, &first->behind, waiting);
		}
	}
	if (!done)
		complain(walk->complaints, "out of memory");
}

/* Depth first; recursion is bounded by the number of units. */
static void visit(struct walk *walk, struct unit *unit)
{
	if (walk->cycle || walk->seen[unit->index] == 2)
		return;
	if (walk->seen[unit->index] == 1) {
		graph_complain_cycle(walk->path, walk->depth, unit, walk->complaints);
		walk->cycle = true;
		return;
	}
	walk->seen[unit->index] = 1;
	walk->path[walk->depth++] = unit;
	for (size_t i = 0; i < unit->before.count; i++)
		visit(walk, unit->before.items[i]);
	walk->depth--;
	walk->seen[unit->index] = 2;
	walk->order[walk->ordered++] = unit;
}

static bool is_masked(const struct unit *unit)
{
	return unit->masked;
}

void graph_resolve(struct unit_set *set, struct complaints *complaints)
{
	struct walk walk = {.set = set, .complaints = complaints};

	for (size_t i = 0; i < set->count; i++) {
		struct unit *unit = set->items[i];
		if (unit->masked)
			continue;
		connect_key(&walk, unit, KEY_REQUIRES, &unit->requires);
		connect_key(&walk, unit, KEY_WANTS, &unit->wants);
		connect_key(&walk, unit, KEY_AFTER, &unit->after);
		connect_key(&walk, unit, KEY_WANTED_BY, &unit->wanted_by);
		connect_key(&walk, unit, KEY_CONFLICTS, &unit->conflicts);
	}
	unit_set_drop(set, is_masked);
	if (!unit_set_sort(set)) {
		complain(complaints, "out of memory");
		return;
	}
	for (size_t i = 0; i < set->count; i++)
		set->items[i]->index = i;

	set->members = arena_alloc(&set->arena, (set->count + 1) * sizeof(struct unit *));
	set->seen = arena_alloc(&set->arena, (set->count + 1) * sizeof(*set->seen));
	walk.seen = calloc(set->count + 1, 1);
	walk.path = calloc(set->count + 1, sizeof(struct unit *));
	walk.order = calloc(set->count + 1, sizeof(struct unit *));
	if (!walk.seen || !walk.path || !walk.order || !set->members || !set->seen)
		complain(complaints, "out of memory");
	else
		for (size_t i = 0; i < set->count; i++)
			visit(&walk, set->by_name[i]);
	if (walk.ordered == set->count && set->count > 0)
		memcpy(set->items, walk.order, set->count * sizeof(struct unit *));
	for (size_t i = 0; i < set->count; i++)
		set->items[i]->index = i;
	free(walk.seen);
	free(walk.path);
	free(walk.order);
	if (set->members && set->seen)
		graph_check_conflicts(set, complaints);
}

size_t graph_collect(struct unit_set *set, struct unit *from)
{
	struct unit **members = set->members;
	size_t count = 0;

	if (!set->seen[from->index])
		members[count++] = from;
	set->seen[from->index] = true;
	for (size_t i = 0; i < count; i++) {
		const struct unit *unit = members[i];
		for (size_t j = 0; j < unit->needs.count + unit->pulls.count; j++) {
			struct unit *other = j < unit->needs.count
						     ? unit->needs.items[j]
						     : unit->pulls.items[j - unit->needs.count];
			if (set->seen[other->index])
				continue;
			set->seen[other->index] = true;
			members[count++] = other;
		}
	}
	return count;
}

void graph_mark_needed(struct unit_set *set, struct unit *target)
{
	memset(set->seen, 0, set->count * sizeof(*set->seen));
	size_t count = graph_collect(set, target);
	for (size_t i = 0; i < count; i++)
		set->members[i]->needed = true;
}
