/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: one pass over the text, no recursion (a hostile file
 * must not choose the stack's size). `container` is the array or object being
 * filled, `previous` the sibling that the next value is linked after; closing a
 * container makes it the previous sibling of its parent's next value. Every
 * failure is reported at s->at, the byte that could not be taken.
 */
#include "json_span.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct scanner {
	const char *name;
	const unsigned char *text;
	uint32_t size, at, depth;
	struct kinc_span_node *nodes;
	uint32_t count, room;
	struct kinc_error *err;
};

void kinc_span_position(const char *text, size_t size, size_t offset, unsigned *ret_line,
			unsigned *ret_column)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < offset && i < size; i++) {
		if (text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	*ret_line = line;
	*ret_column = column;
}

static int scan_fail(const struct scanner *s, int code, const char *what)
{
	unsigned line, column;

	kinc_span_position((const char *)s->text, s->size, s->at, &line, &column);
	return kinc_error_set(s->err, code, "%s:%u:%u: %s", s->name, line, column, what);
}

/* The byte at s->at, or -1 at the end. */
static int peek(const struct scanner *s)
{
	return s->at < s->size ? s->text[s->at] : -1;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static void skip_space(struct scanner *s)
{
	for (int c = peek(s); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(s))
		s->at++;
}

/* RFC 3629, table in section 4. */
unsigned kinc_utf8_length(const unsigned char *p, size_t left)
{
	unsigned length = p[0] < 0x80	? 1
			  : p[0] < 0xc2 ? 0
			  : p[0] < 0xe0 ? 2
			  : p[0] < 0xf0 ? 3
			  : p[0] < 0xf5 ? 4
					: 0;

	if (length == 0 || length > left)
		return 0;
	for (unsigned i = 1; i < length; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return length;
}

static int hex_value(int c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int scan_escape(struct scanner *s)
{
	s->at++;
	int c = peek(s);
	if (c != 'u') {
		if (c <= 0 || !strchr("\"\\/bfnrt", c))
			return scan_fail(s, EINVAL, "invalid escape in a string");
		s->at++;
		return 0;
	}
	s->at++;
	for (int i = 0; i < 4; i++, s->at++)
		if (hex_value(peek(s)) < 0)
			return scan_fail(s, EINVAL, "\\u needs four hexadecimal digits");
	return 0;
}

static int scan_string(struct scanner *s)
{
	s->at++;
	for (;;) {
		int c = peek(s);
		if (c == '"') {
			s->at++;
			return 0;
		}
		if (c < 0)
			return scan_fail(s, EINVAL, "the text ends within a string");
		if (c < ' ')
			return scan_fail(s, EINVAL, "control character in a string");
		if (c == '\\') {
			int result = scan_escape(s);
			if (result < 0)
				return result;
			continue;
		}
		unsigned length = kinc_utf8_length(s->text + s->at, s->size - s->at);
		if (length == 0)
			return scan_fail(s, EINVAL, "invalid UTF-8 in a string");
		s->at += length;
	}
}

static int scan_digits(struct scanner *s)
{
	if (!is_digit(peek(s)))
		return scan_fail(s, EINVAL, "a digit is missing in a number");
	while (is_digit(peek(s)))
		s->at++;
	return 0;
}

static int scan_number(struct scanner *s)
{
	int result = 0;

	if (peek(s) == '-')
		s->at++;
	if (peek(s) == '0') {
		s->at++;
		if (is_digit(peek(s)))
			return scan_fail(s, EINVAL, "a number may not begin with 0");
	} else {
		result = scan_digits(s);
	}
	if (result == 0 && peek(s) == '.') {
		s->at++;
		result = scan_digits(s);
	}
	if (result == 0 && (peek(s) == 'e' || peek(s) == 'E')) {
		s->at++;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		result = scan_digits(s);
	}
	return result;
}

static int scan_literal(struct scanner *s, const char *word)
{
	for (const char *c = word; *c; c++, s->at++)
		if (peek(s) != *c)
			return scan_fail(s, EINVAL, "a value is expected here");
	return 0;
}

static int scan_scalar(struct scanner *s, enum kinc_span_type *ret_type)
{
	int c = peek(s);

	if (c == '"') {
		*ret_type = KINC_SPAN_STRING;
		return scan_string(s);
	}
	if (c == '-' || is_digit(c)) {
		*ret_type = KINC_SPAN_NUMBER;
		return scan_number(s);
	}
	if (c == 't') {
		*ret_type = KINC_SPAN_TRUE;
		return scan_literal(s, "true");
	}
	if (c == 'f') {
		*ret_type = KINC_SPAN_FALSE;
		return scan_literal(s, "false");
	}
	*ret_type = KINC_SPAN_NULL;
	if (c < 0)
		return scan_fail(s, EINVAL, "the text ends where a value is expected");
	return scan_literal(s, "null");
}

static int node_add(struct scanner *s, uint32_t container, uint32_t previous, uint32_t *ret_node)
{
	if (s->count == s->room) {
		if (s->room >= KINC_SPAN_MAX_NODES)
			return scan_fail(s, EFBIG, "too many values");
		uint32_t room = s->room ? s->room * 2 : 256;
		struct kinc_span_node *larger = realloc(s->nodes, room * sizeof(*larger));
		if (!larger) {
			scan_fail(s, ENOMEM, "out of memory");
			return -ENOMEM;
		}
		s->nodes = larger;
		s->room = room;
	}
	uint32_t node = s->count++;
	s->nodes[node] = (struct kinc_span_node){
		.parent = container,
		.child = KINC_SPAN_NONE,
		.next = KINC_SPAN_NONE,
	};
	if (previous != KINC_SPAN_NONE)
		s->nodes[previous].next = node;
	else if (container != KINC_SPAN_NONE)
		s->nodes[container].child = node;
	*ret_node = node;
	return 0;
}

static int scan_key(struct scanner *s, struct kinc_span_node *node)
{
	skip_space(s);
	if (peek(s) != '"')
		return scan_fail(s, EINVAL, "a member's name in quotes is expected here");
	node->key_start = s->at;
	int result = scan_string(s);
	if (result < 0)
		return result;
	node->key_end = s->at;
	skip_space(s);
	if (peek(s) != ':')
		return scan_fail(s, EINVAL, "':' is expected here");
	s->at++;
	return 0;
}

/*
 * Takes one value, of a container only its opening. *ret_open says that the
 * container goes on with a first value.
 */
static int scan_value(struct scanner *s, uint32_t node, bool *ret_open)
{
	*ret_open = false;
	skip_space(s);
	s->nodes[node].start = s->at;
	int c = peek(s);
	if (c != '{' && c != '[') {
		int result = scan_scalar(s, &s->nodes[node].type);
		s->nodes[node].end = s->at;
		return result;
	}
	if (s->depth == KINC_SPAN_MAX_DEPTH)
		return scan_fail(s, EFBIG, "nested too deeply");
	s->nodes[node].type = c == '{' ? KINC_SPAN_OBJECT : KINC_SPAN_ARRAY;
	s->at++;
	skip_space(s);
	if (peek(s) == (c == '{' ? '}' : ']')) {
		s->at++;
		s->nodes[node].end = s->at;
		return 0;
	}
	*ret_open = true;
	return 0;
}

/*
 * After a value: takes the brackets that close here and the comma that leads to
 * the next value. *container is KINC_SPAN_NONE when the document's value ended.
 */
static int scan_after_value(struct scanner *s, uint32_t *container, uint32_t *previous)
{
	while (*container != KINC_SPAN_NONE) {
		struct kinc_span_node *open = &s->nodes[*container];
		bool object = open->type == KINC_SPAN_OBJECT;

		skip_space(s);
		int c = peek(s);
		if (c == ',') {
			s->at++;
			return 0;
		}
		if (c != (object ? '}' : ']'))
			return scan_fail(s, EINVAL,
					 object ? "',' or '}' is expected here"
						: "',' or ']' is expected here");
		open->end = ++s->at;
		*previous = *container;
		*container = open->parent;
		s->depth--;
	}
	return 0;
}

static int scan_document(struct scanner *s)
{
	uint32_t container = KINC_SPAN_NONE, previous = KINC_SPAN_NONE;

	do {
		uint32_t node = 0;
		bool open = false;
		int result = node_add(s, container, previous, &node);

		if (result == 0 && container != KINC_SPAN_NONE &&
		    s->nodes[container].type == KINC_SPAN_OBJECT)
			result = scan_key(s, &s->nodes[node]);
		if (result == 0)
			result = scan_value(s, node, &open);
		if (result < 0)
			return result;
		if (open) {
			container = node;
			previous = KINC_SPAN_NONE;
			s->depth++;
			continue;
		}
		previous = node;
		result = scan_after_value(s, &container, &previous);
		if (result < 0)
			return result;
	} while (container != KINC_SPAN_NONE);

	skip_space(s);
	if (s->at != s->size)
		return scan_fail(s, EINVAL, "the text goes on after its value");
	return 0;
}

int kinc_span_parse(const char *name, const char *text, size_t size, struct kinc_span_doc *ret_doc,
		    struct kinc_error *err)
{
	if (size > KINC_SPAN_MAX_SIZE)
		return kinc_error_set(err, EFBIG, "%s is larger than %u bytes", name,
				      KINC_SPAN_MAX_SIZE);

	struct scanner s = {
		.name = name,
		.text = (const unsigned char *)text,
		.size = (uint32_t)size,
		.err = err,
	};
	int result = scan_document(&s);
	if (result < 0) {
		free(s.nodes);
		return result;
	}
	*ret_doc = (struct kinc_span_doc){
		.name = name,
		.text = text,
		.size = size,
		.nodes = s.nodes,
		.count = s.count,
	};
	return 0;
}

void kinc_span_release(struct kinc_span_doc *doc)
{
	int saved = errno;

	free(doc->nodes);
	*doc = (struct kinc_span_doc){0};
	errno = saved;
}
