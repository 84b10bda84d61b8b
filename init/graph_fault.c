/* SPDX-License-Identifier: MIT */
#include "graph_fault.h"

#include <stdio.h>
#include <string.h>

#include "graph.h"
#include "unit_keys.h"

/* Where under that key the unit names the other: false when it does not. */
static bool find_name(const struct unit *unit, enum unit_key key, const struct strings *names,
		      const struct unit *other, struct unit_place *ret_place)
{
	for (size_t i = 0; i < names->count && unit->places[key].doc; i++) {
		if (strcmp(names->items[i], other->name) != 0)
			continue;
		ret_place->doc = unit->places[key].doc;
		ret_place->node = unit_place_item(&unit->places[key], i);
		return true;
	}
	return false;
}

/* The line that makes one unit wait for another. */
static void complain_edge(const struct unit *waiting, const struct unit *first,
			  struct complaints *complaints)
{
	struct unit_place place;

	if (find_name(waiting, KEY_REQUIRES, &waiting->requires, first, &place))
		complain_at(complaints, place.doc, place.node, "\"%s\" requires \"%s\"",
			    waiting->name, first->name);
	else if (find_name(waiting, KEY_AFTER, &waiting->after, first, &place))
		complain_at(complaints, place.doc, place.node, "\"%s\" comes after \"%s\"",
			    waiting->name, first->name);
	else if (find_name(waiting, KEY_WANTS, &waiting->wants, first, &place))
		complain_at(complaints, place.doc, place.node, "the target \"%s\" wants \"%s\"",
			    waiting->name, first->name);
	else if (find_name(first, KEY_WANTED_BY, &first->wanted_by, waiting, &place))
		complain_at(complaints, place.doc, place.node,
			    "\"%s\" is wanted by the target \"%s\"", first->name, waiting->name);
}

void graph_complain_cycle(struct unit *const *path, size_t depth, const struct unit *again,
			  struct complaints *complaints)
{
	char text[800] = "";
	size_t start = 0, length = 0;

	while (path[start] != again)
		start++;
	for (size_t i = start; i <= depth; i++) {
		const struct unit *at = i < depth ? path[i] : again;
		int put = snprintf(text + length, sizeof(text) - length, "%s%s",
				   i > start ? " -> " : "", at->name);
		if (put < 0 || (size_t)put >= sizeof(text) - length)
			break;
		length += (size_t)put;
	}
	complain(complaints, "dependency cycle: %s", text);
	for (size_t i = start; i < depth; i++)
		complain_edge(path[i], i + 1 < depth ? path[i + 1] : again, complaints);
}

static void complain_conflict(const struct unit *unit, const struct unit *rival,
			      const struct unit *both, struct complaints *complaints)
{
	struct unit_place place;
	const struct unit *named = rival;

	if (!find_name(unit, KEY_CONFLICTS, &unit->conflicts, rival, &place)) {
		if (!find_name(rival, KEY_CONFLICTS, &rival->conflicts, unit, &place))
			return;
		named = unit;
		unit = rival;
	}
	complain_at(complaints, place.doc, place.node,
		    "\"%s\" conflicts with \"%s\", but starting \"%s\" starts both", unit->name,
		    named->name, both->name);
}

static void check_from(struct unit_set *set, struct unit *from, struct complaints *complaints)
{
	size_t count = graph_collect(set, from);

	for (size_t i = 0; i < count; i++) {
		const struct unit *unit = set->members[i];
		for (size_t j = 0; j < unit->rivals.count; j++)
			if (unit->rivals.items[j]->index >= unit->index &&
			    set->seen[unit->rivals.items[j]->index])
				complain_conflict(unit, unit->rivals.items[j], from, complaints);
	}
	for (size_t i = 0; i < count; i++)
		set->seen[set->members[i]->index] = false;
}

/*
 * Targets are what people start; only where they have no fault, others are
 * looked at, and of those only where a walk can begin: the rest is part of it.
 */
void graph_check_conflicts(struct unit_set *set, struct complaints *complaints)
{
	size_t before = complaints->count;
	bool any = false;

	for (size_t i = 0; i < set->count; i++)
		any |= set->items[i]->rivals.count > 0;
	if (!any)
		return;
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i]->type == UNIT_TARGET)
			check_from(set, set->items[i], complaints);
	for (size_t i = 0; i < set->count && complaints->count == before; i++)
		if (!set->items[i]->named || set->items[i]->rivals.count > 0)
			check_from(set, set->items[i], complaints);
}
