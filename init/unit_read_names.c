/* SPDX-License-Identifier: MIT */
/* Arrays whose items must be of a form. */
#include <string.h>
#include <sys/capability.h>

#include "unit_read.h"

/* Reads the array, then asks about each item; what says how one should look. */
static void read_checked(struct reader *reader, const struct key *key, uint32_t node, void *field,
			 bool (*good)(const char *text), const char *what)
{
	const struct kinc_span_node *nodes = reader->doc->nodes;
	const struct strings *strings = field;

	read_strings(reader, key, node, field);
	/* A value of the wrong type was told, and is missing in strings. */
	if (nodes[node].type != KINC_SPAN_ARRAY ||
	    strings->count != kinc_span_length(reader->doc, node))
		return;
	uint32_t item = nodes[node].child;
	for (size_t i = 0; i < strings->count; i++, item = nodes[item].next)
		if (!good(strings->items[i]))
			complain_at(reader->complaints, reader->doc, item,
				    "\"%s\" in \"%s\" is no %s", strings->items[i], key->name,
				    what);
}

static bool is_path(const char *text)
{
	return *text == '/' || strncmp(text, "{{", 2) == 0;
}

static bool is_setting(const char *text)
{
	return *text && *text != '=';
}

static bool is_capability(const char *text)
{
	cap_value_t value;

	return cap_from_name(text, &value) == 0;
}

void read_paths(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	read_checked(reader, key, node, field, is_path, "absolute path");
}

void read_settings(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	read_checked(reader, key, node, field, is_setting, "NAME or NAME=VALUE");
}

void read_capabilities(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	read_checked(reader, key, node, field, is_capability, "capability such as CAP_SYS_ADMIN");
}

void read_ends(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	const struct key code = {.name = key->name, .max = 255};
	const struct kinc_span_node *nodes = reader->doc->nodes;
	struct list list = {0};

	if (nodes[node].type != KINC_SPAN_ARRAY) {
		complain_at(reader->complaints, reader->doc, node,
			    "\"%s\" must be an array of exit codes and signals", key->name);
		return;
	}
	int *ends = arena_alloc(reader->arena,
				(kinc_span_length(reader->doc, node) + 1) * sizeof(*ends));
	if (!ends) {
		complain(reader->complaints, "%s: out of memory", reader->doc->name);
		return;
	}
	for (uint32_t item = nodes[node].child; item != KINC_SPAN_NONE; item = nodes[item].next) {
		int *end = &ends[list.count++];
		if (nodes[item].type == KINC_SPAN_NUMBER) {
			read_int(reader, &code, item, end);
			continue;
		}
		read_signal(reader, &code, item, end);
		*end = -*end;
	}
	list.items = ends;
	*(struct list *)field = list;
}
