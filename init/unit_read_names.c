/* SPDX-License-Identifier: MIT */
/* Arrays of strings whose items must be of a form. */
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
