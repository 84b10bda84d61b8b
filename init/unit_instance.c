/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: NAME@.json is a template and no unit. NAME@INSTANCE is
 * a unit when there is a file of that name or when another unit names it. It
 * is read from the template's files first, with {{INSTANCE}} replaced, then
 * from its own, which therefore override single keys.
 */
#include "unit_instance.h"

#include <stdio.h>
#include <string.h>

#include "unit_keys.h"
#include "unit_set.h"

bool unit_name_is_valid(const char *name, size_t length)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_.@";

	return length > 0 && length <= UNIT_NAME_MAX && strspn(name, bytes) >= length &&
	       *name != '.';
}

/* What follows the first @, or NULL: a name without it, or one of a template. */
static const char *instance_of(const char *name)
{
	const char *at = strchr(name, '@');

	return at && at > name && at[1] ? at + 1 : NULL;
}

bool unit_name_is_template(const char *name)
{
	const char *at = strchr(name, '@');

	return at && at > name && !at[1];
}

static struct unit *template_of(const struct unit_set *set, const char *name)
{
	char prefix[UNIT_NAME_MAX + 1];
	const char *instance = instance_of(name);

	if (!instance || strlen(name) > UNIT_NAME_MAX)
		return NULL;
	snprintf(prefix, sizeof(prefix), "%.*s", (int)(instance - name), name);
	struct unit *unit = unit_set_lookup(set, prefix);
	return unit && unit->is_template ? unit : NULL;
}

static void read_sources(struct unit_set *set, struct unit *unit, const struct unit_source *source,
			 const char *instance, struct complaints *complaints)
{
	for (; source; source = source->next_of_unit) {
		struct reader reader = {
			.doc = &source->doc,
			.arena = &set->arena,
			.complaints = complaints,
			.variables = source->variables,
			.any_kinc = source->any_kinc,
			.instance = instance,
		};
		unit_read(&reader, unit);
	}
}

bool unit_is_instance(const struct unit *unit)
{
	return instance_of(unit->name) != NULL;
}

void unit_instance_read(struct unit_set *set, struct unit *unit, struct complaints *complaints)
{
	const struct unit *template = template_of(set, unit->name);
	const char *instance = template ? instance_of(unit->name) : NULL;

	if (template)
		read_sources(set, unit, template->sources, instance, complaints);
	read_sources(set, unit, unit->sources, instance, complaints);
}

void unit_instances_summon(struct unit_set *set, const struct unit *unit,
			   struct complaints *complaints)
{
	const struct strings *const lists[] = {&unit->requires, &unit->wants, &unit->after,
					       &unit->wanted_by};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (size_t j = 0; j < lists[i]->count; j++) {
			const char *name = lists[i]->items[j];
			if (!template_of(set, name) || unit_set_lookup(set, name) ||
			    !unit_name_is_valid(name, strlen(name)))
				continue;
			if (!unit_set_add(set, name))
				complain(complaints, "unit %s: %s", name,
					 set->count >= UNITS_MAX
						 ? "there are too many instances already"
						 : "out of memory");
		}
	}
}
