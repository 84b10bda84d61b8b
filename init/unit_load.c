/* SPDX-License-Identifier: MIT */
#include "unit_load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "io.h"
#include "unit_instance.h"
#include "unit_keys.h"
#include "unit_set.h"

#define UNIT_FILE_MAX ((size_t)1 << 20)

void units_add(struct unit_set *set, const char *name, const char *path, const char *text,
	       size_t size, const struct variables *variables, bool any_kinc,
	       struct complaints *complaints)
{
	struct kinc_error err;
	struct unit_source *source = calloc(1, sizeof(*source));

	if (!source || !(source->path = strdup(path)) || !(source->text = malloc(size + 1)))
		goto no_memory;
	memcpy(source->text, text, size);
	source->text[size] = '\0';
	int result = kinc_span_parse(source->path, source->text, size, &source->doc, &err);
	if (result < 0) {
		complain(complaints, "%s", err.message);
		goto drop;
	}

	struct unit *unit = unit_set_lookup(set, name);
	if (!unit)
		unit = unit_set_add(set, name);
	if (!unit) {
		kinc_span_release(&source->doc);
		goto no_memory;
	}
	source->variables = variables;
	source->any_kinc = any_kinc;
	source->next = set->sources;
	set->sources = source;
	struct unit_source **last = &unit->sources;
	while (*last)
		last = &(*last)->next_of_unit;
	*last = source;
	unit->is_template = unit_name_is_template(name);
	/* Its template may still come. */
	if (unit_is_instance(unit))
		return;
	struct reader reader = {
		.doc = &source->doc,
		.arena = &set->arena,
		.complaints = complaints,
		.variables = variables,
		.any_kinc = any_kinc,
		.is_template = unit->is_template,
	};
	unit_read(&reader, unit);
	return;

no_memory:
	complain(complaints, "%s: out of memory", path);
drop:
	if (source) {
		free(source->path);
		free(source->text);
	}
	free(source);
}

static int is_unit_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
	       strcmp(entry->d_name + length - 5, ".json") == 0;
}

static void load_file(struct unit_set *set, const char *directory, const char *file,
		      const struct variables *variables, bool any_kinc,
		      struct complaints *complaints)
{
	cleanup_free char *path = NULL, *text = NULL;
	char name[256]; /* NAME_MAX + 1 */
	struct kinc_error err;
	size_t size = 0, length = strlen(file) - 5;

	snprintf(name, sizeof(name), "%.*s", (int)length, file);
	if (asprintf(&path, "%s/%s", directory, file) < 0) {
		path = NULL;
		complain(complaints, "%s/%s: out of memory", directory, file);
		return;
	}
	if (!unit_name_is_valid(name, length)) {
		complain(complaints,
			 "%s:1:1: a unit's name has 1 to 64 letters, digits and - _ . @", path);
		return;
	}
	if (kinc_read_file(AT_FDCWD, path, UNIT_FILE_MAX, &text, &size, &err) < 0) {
		complain(complaints, "%s", err.message);
		return;
	}
	units_add(set, name, path, text, size, variables, any_kinc, complaints);
}

static int load_directory(struct unit_set *set, const struct unit_directory *directory,
			  const struct variables *variables, bool any_kinc,
			  struct complaints *complaints, struct kinc_error *err)
{
	struct dirent **entries = NULL;
	int count = scandir(directory->path, &entries, is_unit_file, alphasort);

	if (count < 0 && errno == ENOENT && directory->optional)
		return 0;
	if (count < 0)
		return kinc_error_errno(err, errno, "cannot read the units in %s", directory->path);
	for (int i = 0; i < count; i++) {
		load_file(set, directory->path, entries[i]->d_name, variables, any_kinc,
			  complaints);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

int units_load(struct unit_set *set, const struct unit_directory *directories, size_t count,
	       const struct variables *variables, bool any_kinc, struct complaints *complaints,
	       struct kinc_error *err)
{
	for (size_t i = 0; i < count; i++) {
		int result = load_directory(set, &directories[i], variables, any_kinc, complaints,
					    err);
		if (result < 0)
			return result;
	}
	units_finish(set, complaints);
	return 0;
}

static bool is_template(const struct unit *unit)
{
	return unit->is_template;
}

void units_finish(struct unit_set *set, struct complaints *complaints)
{
	/* The count grows while instances are found that others name. */
	for (size_t i = 0; i < set->count; i++) {
		struct unit *unit = set->items[i];
		if (unit_is_instance(unit))
			unit_instance_read(set, unit, complaints);
		if (!unit->masked && !unit->is_template)
			unit_instances_summon(set, unit, complaints);
	}
	unit_set_drop(set, is_template);
	if (!unit_set_sort(set)) {
		complain(complaints, "out of memory");
		return;
	}
	for (size_t i = 0; i < set->count; i++)
		if (!set->items[i]->masked)
			unit_check(set->items[i], complaints);
}

bool unit_has_process(const struct unit *unit)
{
	return unit->type != UNIT_TARGET;
}

void units_forget_sources(struct unit_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		free(set->items[i]->places);
		set->items[i]->places = NULL;
		set->items[i]->sources = NULL;
	}
	while (set->sources) {
		struct unit_source *source = set->sources;
		set->sources = source->next;
		kinc_span_release(&source->doc);
		free(source->path);
		free(source->text);
		free(source);
	}
}

void units_free(struct unit_set *set)
{
	units_forget_sources(set);
	free(set->items);
	free(set->slots);
	arena_free(&set->arena);
	*set = (struct unit_set){0};
}
