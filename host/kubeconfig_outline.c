/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. libyaml tells where each event begins and ends, in
 * characters; this file walks through the events of a kubeconfig once and keeps
 * the byte ranges of what matters. An event does not tell where the dash of a
 * block item is, nor where the item's last line ends: the dashes come from the
 * scanner in a pass of their own, and the end is that of the last scalar.
 */
#include "kubeconfig_outline.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "cleanup.h"

const char *const kubeconfig_key_names[KUBECONFIG_LISTS] = {"clusters", "contexts", "users"};

enum { DEPTH_MAX = 64 };

struct walk {
	const char *text, *label;
	size_t size;
	yaml_parser_t parser;
	yaml_event_t event;
	size_t *dashes; /* byte offsets, rising */
	size_t dash_count;
	size_t at_index, at_byte; /* a character and its byte: marks mostly rise */
	size_t content_end;	  /* of the last scalar, alias or closing bracket */
	struct kinc_error *err;
};

static int fail(struct walk *walk, const yaml_mark_t *mark, const char *why)
{
	return kinc_error_set(walk->err, EPROTO, "line %zu: %s", mark->line + 1, why);
}

static size_t byte_of(struct walk *walk, size_t index)
{
	if (index < walk->at_index) {
		walk->at_index = 0;
		walk->at_byte =
			walk->size >= 3 && memcmp(walk->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	}
	while (walk->at_index < index && walk->at_byte < walk->size) {
		do
			walk->at_byte++;
		while (walk->at_byte < walk->size &&
		       ((unsigned char)walk->text[walk->at_byte] & 0xc0) == 0x80);
		walk->at_index++;
	}
	return walk->at_byte;
}

static size_t line_start(const struct walk *walk, size_t at)
{
	while (at > 0 && walk->text[at - 1] != '\n')
		at--;
	return at;
}

/* Behind the line in which content ends at that byte. */
static size_t line_end(const struct walk *walk, size_t at)
{
	if (at > 0 && walk->text[at - 1] == '\n')
		return at;
	const char *end = at < walk->size ? memchr(walk->text + at, '\n', walk->size - at) : NULL;
	return end ? (size_t)(end - walk->text) + 1 : walk->size;
}

static int next(struct walk *walk)
{
	yaml_event_delete(&walk->event);
	memset(&walk->event, 0, sizeof(walk->event));
	if (!yaml_parser_parse(&walk->parser, &walk->event))
		return fail(walk, &walk->parser.problem_mark,
			    walk->parser.problem ? walk->parser.problem : "not YAML");
	yaml_event_type_t type = walk->event.type;
	bool ends = type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT;
	/* In block style the end's mark is where the next thing begins. */
	if (type == YAML_SCALAR_EVENT || type == YAML_ALIAS_EVENT ||
	    (ends && walk->event.end_mark.index > walk->event.start_mark.index))
		walk->content_end = byte_of(walk, walk->event.end_mark.index);
	return 0;
}

static bool is_scalar(const struct walk *walk, const char *text)
{
	return walk->event.type == YAML_SCALAR_EVENT &&
	       walk->event.data.scalar.length == strlen(text) &&
	       memcmp(walk->event.data.scalar.value, text, strlen(text)) == 0;
}

static bool is_null(const struct walk *walk)
{
	return walk->event.type == YAML_SCALAR_EVENT &&
	       walk->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (is_scalar(walk, "") || is_scalar(walk, "~") || is_scalar(walk, "null"));
}

/* From the first event of a node to its last. */
static int skip_node(struct walk *walk)
{
	int depth = 0;

	for (;;) {
		yaml_event_type_t type = walk->event.type;
		if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT)
			depth++;
		if (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT)
			depth--;
		if (depth == 0)
			return 0;
		if (depth > DEPTH_MAX)
			return fail(walk, &walk->event.start_mark, "nested too deeply");
		int result = next(walk);
		if (result < 0)
			return result;
	}
}

/* An entry, whose event is its MAPPING-START; whether it is the one asked for. */
static int walk_entry(struct walk *walk, bool *ret_own)
{
	int result;

	*ret_own = false;
	while ((result = next(walk)) == 0 && walk->event.type != YAML_MAPPING_END_EVENT) {
		bool is_name = is_scalar(walk, "name");
		if ((result = skip_node(walk)) < 0 || (result = next(walk)) < 0)
			return result;
		if (is_name && is_scalar(walk, walk->label))
			*ret_own = true;
		if ((result = skip_node(walk)) < 0)
			return result;
	}
	return result;
}

/* The last dash before that byte; size when there is none. */
static size_t dash_before(const struct walk *walk, size_t at)
{
	size_t found = walk->size;

	for (size_t i = 0; i < walk->dash_count && walk->dashes[i] < at; i++)
		found = walk->dashes[i];
	return found;
}

static int note_block(struct walk *walk, struct kubeconfig_list *list, size_t start, bool own)
{
	size_t dash = dash_before(walk, start);
	size_t line = line_start(walk, dash);

	if (dash == walk->size || strspn(walk->text + line, " ") != dash - line)
		return fail(walk, &walk->event.start_mark, "an entry that does not begin its line");
	list->indent = (unsigned)(dash - line);
	list->tail = line_end(walk, walk->content_end);
	if (own) {
		list->own_start = line;
		list->own_end = list->tail;
	}
	return 0;
}

static int walk_list(struct walk *walk, struct kubeconfig_list *list)
{
	int result;

	list->block = walk->event.data.sequence_start.style != YAML_FLOW_SEQUENCE_STYLE;
	list->start = list->tail = byte_of(walk, walk->event.start_mark.index);
	bool was_own = false;
	while ((result = next(walk)) == 0 && walk->event.type != YAML_SEQUENCE_END_EVENT) {
		size_t start = byte_of(walk, walk->event.start_mark.index), before = list->tail;
		bool own = false;
		/* The first one goes with the comma behind it, others with that before. */
		if (was_own && !list->block && list->count == 1)
			list->own_end = start;
		if (walk->event.type != YAML_MAPPING_START_EVENT)
			return fail(walk, &walk->event.start_mark, "an entry that is no mapping");
		if ((result = walk_entry(walk, &own)) < 0)
			return result;
		if (own && list->own)
			return fail(walk, &walk->event.start_mark, "the same name twice");
		list->own |= own;
		if (list->block) {
			if ((result = note_block(walk, list, start, own)) < 0)
				return result;
		} else {
			list->tail = walk->content_end;
			if (own) {
				list->own_start = list->count ? before : start;
				list->own_end = list->tail;
			}
		}
		list->count++;
		was_own = own;
	}
	list->end = walk->content_end;
	return result;
}

static int walk_value(struct walk *walk, struct kubeconfig_list *list, size_t key_start)
{
	if (list->there)
		return fail(walk, &walk->event.start_mark, "the same key twice");
	list->there = true;
	list->key_start = key_start;
	if (walk->event.type == YAML_SEQUENCE_START_EVENT)
		return walk_list(walk, list);
	if (!is_null(walk))
		return fail(walk, &walk->event.start_mark, "not a list that is written out");
	list->null = true;
	list->start = byte_of(walk, walk->event.start_mark.index);
	list->end = byte_of(walk, walk->event.end_mark.index);
	return 0;
}

static int walk_current(struct walk *walk, struct kubeconfig_outline *outline)
{
	if (outline->current_there)
		return fail(walk, &walk->event.start_mark, "the same key twice");
	if (walk->event.type != YAML_SCALAR_EVENT)
		return fail(walk, &walk->event.start_mark, "current-context is no string");
	outline->current_there = true;
	outline->current_start = byte_of(walk, walk->event.start_mark.index);
	outline->current_end = byte_of(walk, walk->event.end_mark.index);
	/* libyaml begins a comment without the blank before it; behind another value it is none. */
	if (outline->current_end < walk->size && walk->text[outline->current_end] == '#')
		return fail(walk, &walk->event.start_mark, "no blank before #");
	outline->current_empty =
		is_scalar(walk, "") && outline->current_end > outline->current_start;
	outline->current_own = is_scalar(walk, walk->label);
	return 0;
}

static int walk_member(struct walk *walk, struct kubeconfig_outline *outline)
{
	size_t key_start = byte_of(walk, walk->event.start_mark.index);
	bool is_current = is_scalar(walk, "current-context");
	int which = 0, result;

	while (which < KUBECONFIG_LISTS && !is_scalar(walk, kubeconfig_key_names[which]))
		which++;
	if (walk->event.type != YAML_SCALAR_EVENT)
		return fail(walk, &walk->event.start_mark, "a key that is no string");
	if (!outline->flow && outline->count > 0 &&
	    key_start - line_start(walk, key_start) != outline->indent)
		return fail(walk, &walk->event.start_mark, "a key that does not begin its line");
	if ((result = next(walk)) < 0)
		return result;
	if (which < KUBECONFIG_LISTS)
		return walk_value(walk, &outline->lists[which], key_start);
	return is_current ? walk_current(walk, outline) : skip_node(walk);
}

static int walk_root(struct walk *walk, struct kubeconfig_outline *outline)
{
	int result;

	outline->flow = walk->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
	outline->indent = (unsigned)walk->event.start_mark.column;
	outline->tail = byte_of(walk, walk->event.start_mark.index) + 1;
	while ((result = next(walk)) == 0 && walk->event.type != YAML_MAPPING_END_EVENT) {
		if ((result = walk_member(walk, outline)) < 0)
			return result;
		outline->count++;
		outline->tail = walk->content_end;
	}
	if (!outline->flow)
		outline->tail = line_end(walk, outline->tail);
	return result;
}

static int next_of_type(struct walk *walk, yaml_event_type_t type, const char *otherwise)
{
	int result = next(walk);

	if (result == 0 && walk->event.type != type)
		result = fail(walk, &walk->event.start_mark, otherwise);
	return result;
}

static int walk_stream(struct walk *walk, struct kubeconfig_outline *outline)
{
	int result = next_of_type(walk, YAML_STREAM_START_EVENT, "not YAML");

	if (result == 0)
		result = next(walk);
	if (result == 0 && walk->event.type == YAML_STREAM_END_EVENT) {
		outline->blank = true;
		outline->tail = walk->size;
		return 0;
	}
	if (result == 0)
		result = next_of_type(walk, YAML_MAPPING_START_EVENT, "not a kubeconfig");
	if (result == 0)
		result = walk_root(walk, outline);
	if (result == 0)
		result = next_of_type(walk, YAML_DOCUMENT_END_EVENT, "not a kubeconfig");
	if (result == 0)
		result = next_of_type(walk, YAML_STREAM_END_EVENT, "more than one document");
	return result;
}

/* A pass of the scanner alone. What it finds wrong the parser finds too. */
static int find_dashes(struct walk *walk)
{
	yaml_parser_t scanner;
	yaml_token_t token;
	int result = 0;

	if (!yaml_parser_initialize(&scanner))
		return kinc_error_errno(walk->err, ENOMEM, "reading a kubeconfig");
	yaml_parser_set_input_string(&scanner, (const unsigned char *)walk->text, walk->size);
	for (bool more = true; more && result == 0;) {
		if (!yaml_parser_scan(&scanner, &token))
			break;
		more = token.type != YAML_STREAM_END_TOKEN;
		if (token.type == YAML_BLOCK_ENTRY_TOKEN) {
			size_t *larger =
				reallocarray(walk->dashes, walk->dash_count + 1, sizeof(*larger));
			if (larger) {
				walk->dashes = larger;
				larger[walk->dash_count++] = byte_of(walk, token.start_mark.index);
			} else {
				result = kinc_error_errno(walk->err, ENOMEM, "a kubeconfig");
			}
		}
		yaml_token_delete(&token);
	}
	yaml_parser_delete(&scanner);
	return result;
}

int kubeconfig_outline(const char *text, size_t size, const char *label,
		       struct kubeconfig_outline *ret, struct kinc_error *err)
{
	struct kubeconfig_outline outline = {0};
	struct walk walk = {
		.text = text, .size = size, .label = label, .err = err, .at_index = SIZE_MAX};

	if (memchr(text, '\0', size) || (size >= 2 && ((unsigned char)text[0] >= 0xfe)))
		return kinc_error_set(err, EPROTO, "line 1: not UTF-8 text");
	if (!yaml_parser_initialize(&walk.parser))
		return kinc_error_errno(err, ENOMEM, "reading a kubeconfig");
	yaml_parser_set_input_string(&walk.parser, (const unsigned char *)text, size);
	int result = find_dashes(&walk);
	if (result == 0)
		result = walk_stream(&walk, &outline);
	yaml_event_delete(&walk.event);
	yaml_parser_delete(&walk.parser);
	free(walk.dashes);
	if (result == 0)
		*ret = outline;
	return result;
}
