/* SPDX-License-Identifier: MIT */
#include "unit_read.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "signal_name.h"

static const struct kinc_span_node *node_at(const struct reader *reader, uint32_t node)
{
	return &reader->doc->nodes[node];
}

static bool expect(struct reader *reader, const struct key *key, uint32_t node,
		   enum kinc_span_type type, const char *what)
{
	if (node_at(reader, node)->type == type)
		return true;
	complain_at(reader->complaints, reader->doc, node, "\"%s\" must be %s", key->name, what);
	return false;
}

void read_no_memory(struct reader *reader)
{
	complain(reader->complaints, "%s: out of memory", reader->doc->name);
}

#define INSTANCE "{{INSTANCE}}"

/* The text in the arena with each {{INSTANCE}} replaced; {{{{INSTANCE}} is none. */
static char *replace_instance(struct reader *reader, const char *text)
{
	const size_t mark = sizeof(INSTANCE) - 1;
	size_t count = 0, length = strlen(reader->instance);

	for (const char *at = strstr(text, INSTANCE); at; at = strstr(at + mark, INSTANCE))
		count++;
	char *copy = arena_alloc(reader->arena, strlen(text) + count * length + 1);
	if (!copy)
		return NULL;
	char *to = copy;
	while (*text) {
		size_t step = strncmp(text, "{{{{", 4) == 0 ? 4 : 1;
		if (step == 1 && strncmp(text, INSTANCE, mark) == 0) {
			to = mempcpy(to, reader->instance, length);
			text += mark;
			continue;
		}
		to = mempcpy(to, text, step);
		text += step;
	}
	*to = '\0';
	return copy;
}

static bool is_known(const struct reader *reader, const char *name, size_t length)
{
	if (length == 8 && strncmp(name, "INSTANCE", 8) == 0)
		return reader->instance || reader->is_template;
	return variables_get(reader->variables, name, length) ||
	       (reader->any_kinc && strncmp(name, "KINC_", 5) == 0);
}

static void check_variables(struct reader *reader, uint32_t node, const char *text)
{
	size_t offset = 0, length;
	const char *name;

	while (template_next(text, &offset, &name, &length)) {
		if (length == 0)
			complain_at(reader->complaints, reader->doc, node,
				    "{{ starts no variable such as {{NODE_NAME}}; "
				    "write {{{{ for two braces");
		else if (!is_known(reader, name, length))
			complain_at(reader->complaints, reader->doc, node,
				    "unknown variable {{%.*s}}%s", (int)length, name,
				    strncmp(name, "KINC_", 5) == 0
					    ? ": give it to the container with --env"
				    : strncmp(name, "INSTANCE}", 9) == 0
					    ? ": only a template, NAME@.json, has it"
					    : "");
	}
}

static char *take_text(struct reader *reader, const struct key *key, uint32_t node)
{
	return read_string_value(reader, key->name, node);
}

char *read_string_value(struct reader *reader, const char *name, uint32_t node)
{
	const struct key named = {.name = name};
	const struct key *key = &named;
	cleanup_free char *text = NULL;
	size_t length = 0;

	if (!expect(reader, key, node, KINC_SPAN_STRING, "a string"))
		return NULL;
	if (kinc_span_string(reader->doc, node, &text, &length, NULL) < 0) {
		read_no_memory(reader);
		return NULL;
	}
	if (strlen(text) != length) {
		complain_at(reader->complaints, reader->doc, node, "\"%s\" contains \\u0000",
			    key->name);
		return NULL;
	}
	check_variables(reader, node, text);
	char *copy = reader->instance ? replace_instance(reader, text)
				      : arena_copy(reader->arena, text);
	if (!copy)
		read_no_memory(reader);
	return copy;
}

void read_text(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	char *text = take_text(reader, key, node);

	if (text)
		*(char **)field = text;
}

void read_path(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	char *text = take_text(reader, key, node);

	if (!text)
		return;
	if (*text != '/' && strncmp(text, "{{", 2) != 0)
		complain_at(reader->complaints, reader->doc, node,
			    "\"%s\" must be an absolute path, not \"%s\"", key->name, text);
	*(char **)field = text;
}

void read_flag(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	if (node_at(reader, node)->type == KINC_SPAN_TRUE)
		*(bool *)field = true;
	else if (expect(reader, key, node, KINC_SPAN_FALSE, "true or false"))
		*(bool *)field = false;
}

void read_int(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	int64_t value;

	if (!expect(reader, key, node, KINC_SPAN_NUMBER, "a number"))
		return;
	if (kinc_span_int64(reader->doc, node, &value, NULL) < 0 || value < key->min ||
	    value > key->max)
		complain_at(reader->complaints, reader->doc, node,
			    "\"%s\" must be a whole number from %d to %d", key->name, key->min,
			    key->max);
	else
		*(int *)field = (int)value;
}

void read_word(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	char known[256] = "";

	if (!expect(reader, key, node, KINC_SPAN_STRING, "a string"))
		return;
	for (int i = 0; key->words[i]; i++) {
		if (kinc_span_string_is(reader->doc, node, key->words[i])) {
			*(int *)field = i;
			return;
		}
		if (i > 0)
			strncat(known, ", ", sizeof(known) - strlen(known) - 1);
		strncat(known, key->words[i], sizeof(known) - strlen(known) - 1);
	}
	complain_at(reader->complaints, reader->doc, node, "\"%s\" must be one of: %s", key->name,
		    known);
}

void read_mode(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	char *text = take_text(reader, key, node);
	char *end;

	if (!text)
		return;
	unsigned long mode = strtoul(text, &end, 8);
	if (*text < '0' || *text > '7' || *end || mode > 07777)
		complain_at(reader->complaints, reader->doc, node,
			    "\"%s\" must be octal digits such as \"0755\", not \"%s\"", key->name,
			    text);
	else
		*(int *)field = (int)mode;
}

void read_signal(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	char *text = take_text(reader, key, node);

	if (!text)
		return;
	int number = signal_by_name(text);
	if (number > 0)
		*(int *)field = number;
	else
		complain_at(reader->complaints, reader->doc, node,
			    "\"%s\" must name a signal such as \"SIGTERM\", not \"%s\"",
			    key->name, text);
}

void read_strings(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	struct strings strings = {0};

	if (!expect(reader, key, node, KINC_SPAN_ARRAY, "an array of strings"))
		return;
	size_t room = kinc_span_length(reader->doc, node) + 1;
	strings.items = arena_alloc(reader->arena, room * sizeof(*strings.items));
	if (!strings.items) {
		read_no_memory(reader);
		return;
	}
	for (uint32_t item = node_at(reader, node)->child; item != KINC_SPAN_NONE;
	     item = node_at(reader, item)->next) {
		strings.items[strings.count] = take_text(reader, key, item);
		if (strings.items[strings.count])
			strings.count++;
	}
	*(struct strings *)field = strings;
}

void read_argv(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	struct strings *argv = field;

	read_strings(reader, key, node, field);
	if (node_at(reader, node)->type == KINC_SPAN_ARRAY &&
	    (argv->count == 0 || argv->items[0][0] == '\0'))
		complain_at(reader->complaints, reader->doc, node,
			    "\"%s\" must begin with the program", key->name);
}

void read_environment(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	struct strings strings = {0};

	if (!expect(reader, key, node, KINC_SPAN_OBJECT, "an object of strings"))
		return;
	size_t room = kinc_span_length(reader->doc, node) + 1;
	strings.items = arena_alloc(reader->arena, room * sizeof(*strings.items));
	for (uint32_t item = node_at(reader, node)->child; strings.items && item != KINC_SPAN_NONE;
	     item = node_at(reader, item)->next) {
		cleanup_free char *name = NULL;
		const char *value = take_text(reader, key, item);
		if (!value)
			continue;
		if (kinc_span_key(reader->doc, item, &name, NULL, NULL) < 0) {
			read_no_memory(reader);
			break;
		}
		if (!*name || strchr(name, '='))
			complain_at(reader->complaints, reader->doc, item,
				    "\"%s\" is no name for a variable", name);
		char *line = arena_format(reader->arena, "%s=%s", name, value);
		if (line)
			strings.items[strings.count++] = line;
		else
			read_no_memory(reader);
	}
	if (strings.items)
		*(struct strings *)field = strings;
	else
		read_no_memory(reader);
}

void read_object(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	if (expect(reader, key, node, KINC_SPAN_OBJECT, "an object"))
		read_members(reader, key->members, node, field);
}

void read_list(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	struct list list = {0};

	if (!expect(reader, key, node, KINC_SPAN_ARRAY, "an array of objects"))
		return;
	list.items = arena_alloc(reader->arena, kinc_span_length(reader->doc, node) * key->size);
	if (!list.items) {
		read_no_memory(reader);
		return;
	}
	for (uint32_t item = node_at(reader, node)->child; item != KINC_SPAN_NONE;
	     item = node_at(reader, item)->next) {
		char *here = (char *)list.items + list.count * key->size;
		if (!expect(reader, key, item, KINC_SPAN_OBJECT, "an array of objects"))
			continue;
		if (key->prepare)
			key->prepare(here);
		read_members(reader, key->members, item, here);
		list.count++;
	}
	*(struct list *)field = list;
}

void read_members(struct reader *reader, const struct key *table, uint32_t object, void *base)
{
	uint32_t twice = kinc_span_duplicate(reader->doc, object);

	if (twice != KINC_SPAN_NONE)
		complain_at(reader->complaints, reader->doc, twice, "this key was given before");
	for (uint32_t item = node_at(reader, object)->child; item != KINC_SPAN_NONE;
	     item = node_at(reader, item)->next) {
		const struct key *key = table;
		while (key->name && !kinc_span_key_is(reader->doc, item, key->name))
			key++;
		if (key->name) {
			key->read(reader, key, item, (char *)base + key->offset);
			continue;
		}
		cleanup_free char *name = NULL;
		if (kinc_span_key(reader->doc, item, &name, NULL, NULL) == 0)
			complain_at(reader->complaints, reader->doc, item, "unknown key \"%s\"",
				    name);
		else
			read_no_memory(reader);
	}
}
