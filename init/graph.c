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

#include "unit_keys.h"

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

static struct unit *find_masked(const struct unit_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->by_name[i]->masked && strcmp(set->by_name[i]->name, name) == 0)
			return set->by_name[i];
	return NULL;
}

/* The unit that the ordinal-th name under a key means; NULL when it does not count. */
static struct unit *resolve_name(struct walk *walk, const struct unit *unit, enum unit_key key,
				 const char *name, size_t ordinal)
{
	struct unit *found = unit_find(walk->set, name);

	if (found)
		return found;
	bool masked = find_masked(walk->set, name);
	if (masked && key != KEY_REQUIRES)
		return NULL;
	const struct unit_place *place = &unit->places[key];
	if (!place->doc)
		return NULL;
	uint32_t item = place->doc->nodes[place->node].child;
	while (ordinal-- > 0 && item != KINC_SPAN_NONE)
		item = place->doc->nodes[item].next;
	uint32_t node = item == KINC_SPAN_NONE ? place->node : item;
	if (masked)
		complain_at(walk->complaints, place->doc, node,
			    "unit \"%s\" is masked, but \"%s\" requires it", name, unit->name);
	else
		complain_at(walk->complaints, place->doc, node,
			    "there is no unit \"%s\", which \"%s\" names", name, unit->name);
	return NULL;
}

/* Adds the edge once. The arrays are arena memory that grows by doubling. */
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
		struct unit *waiting = key == KEY_WANTED_BY ? other : unit;
		struct unit *first = key == KEY_WANTED_BY ? unit : other;
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

static void complain_cycle(struct walk *walk, const struct unit *unit)
{
	char text[800] = "";
	size_t start = 0, length = 0;

	while (walk->path[start] != unit)
		start++;
	for (size_t i = start; i <= walk->depth; i++) {
		const struct unit *at = i < walk->depth ? walk->path[i] : unit;
		int put = snprintf(text + length, sizeof(text) - length, "%s%s",
				   i > start ? " -> " : "", at->name);
		if (put < 0 || (size_t)put >= sizeof(text) - length)
			break;
		length += (size_t)put;
	}
	complain(walk->complaints, "dependency cycle: %s", text);
	walk->cycle = true;
}

/* Depth first; recursion is bounded by the number of units. */
static void visit(struct walk *walk, struct unit *unit)
{
	if (walk->cycle || walk->seen[unit->index] == 2)
		return;
	if (walk->seen[unit->index] == 1) {
		complain_cycle(walk, unit);
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

static void drop_masked(struct unit_set *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (set->items[i]->masked)
			free(set->items[i]->places);
		else
			set->items[kept++] = set->items[i];
	}
	set->count = kept;
	kept = 0;
	for (size_t i = 0; kept < set->count; i++)
		if (!set->by_name[i]->masked)
			set->by_name[kept++] = set->by_name[i];
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
	}
	drop_masked(set);
	for (size_t i = 0; i < set->count; i++)
		set->items[i]->index = i;

	walk.seen = calloc(set->count + 1, 1);
	walk.path = calloc(set->count + 1, sizeof(struct unit *));
	walk.order = calloc(set->count + 1, sizeof(struct unit *));
	if (!walk.seen || !walk.path || !walk.order)
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
}

/* Every edge points to an earlier unit once they are ordered, but pulls do not. */
void graph_mark_needed(struct unit_set *set, struct unit *target)
{
	struct unit **waiting = calloc(set->count + 1, sizeof(struct unit *));
	size_t count = 0;

	if (!waiting)
		return;
	target->needed = true;
	waiting[count++] = target;
	while (count > 0) {
		const struct unit *unit = waiting[--count];
		for (size_t i = 0; i < unit->needs.count + unit->pulls.count; i++) {
			struct unit *other = i < unit->needs.count
						     ? unit->needs.items[i]
						     : unit->pulls.items[i - unit->needs.count];
			if (!other->needed) {
				other->needed = true;
				waiting[count++] = other;
			}
		}
	}
	free(waiting);
}

void graph_print(const struct unit_set *set, FILE *out)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct unit *unit = set->items[i];
		fprintf(out, "%3zu %-8s %s%s", i + 1, unit_type_name(unit->type), unit->name,
			unit->needed ? "" : " (not part of the boot)");
		for (size_t j = 0; j < unit->before.count; j++)
			fprintf(out, "%s%s", j ? ", " : "  after ", unit->before.items[j]->name);
		fputc('\n', out);
	}
}
