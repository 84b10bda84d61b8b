/* SPDX-License-Identifier: MIT */
/* Reading what json_span.c has scanned: names, strings, integers, places. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_span.h"

int kinc_span_error(const struct kinc_span_doc *doc, uint32_t node, struct kinc_error *err,
		    int code, const char *format, ...)
{
	const struct kinc_span_node *n = &doc->nodes[node];
	char sentence[sizeof((struct kinc_error){0}.message)];
	unsigned line, column;
	va_list args;

	va_start(args, format);
	/* clang-tidy says so only when it has read another file before. */
	if (vsnprintf(sentence, sizeof(sentence), format, args) < 0) // NOLINT(*valist*)
		sentence[0] = '\0';
	va_end(args);
	kinc_span_position(doc->text, doc->size, n->key_end ? n->key_start : n->start, &line,
			   &column);
	kinc_error_set(err, code, "%s:%u:%u: %s", doc->name, line, column, sentence);
	return -code;
}

/* Four hexadecimal digits that the scanner has checked. */
static uint32_t hex_unit(const char *at)
{
	uint32_t unit = 0;

	for (int i = 0; i < 4; i++)
		unit = unit << 4 |
		       (uint32_t)(at[i] <= '9' ? at[i] - '0' : (at[i] | 0x20) - 'a' + 10);
	return unit;
}

static size_t utf8_put(uint32_t code, char *out)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = length - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)((0xf00U >> length & 0xffU) | code);
	return length;
}

/*
 * Decodes the character at **at (behind the opening quote, before the closing
 * one) into out, at most four bytes, and moves *at on. Returns the length.
 */
static size_t decode_one(const char **at, char out[static 4])
{
	const char *p = *at;

	if (*p != '\\') {
		out[0] = *p;
		*at = p + 1;
		return 1;
	}
	if (p[1] != 'u') {
		static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
		out[0] = to[strchr(from, p[1]) - from];
		*at = p + 2;
		return 1;
	}
	uint32_t code = hex_unit(p + 2);
	p += 6;
	if (code >= 0xd800 && code < 0xdc00 && p[0] == '\\' && p[1] == 'u' &&
	    hex_unit(p + 2) >= 0xdc00 && hex_unit(p + 2) < 0xe000) {
		code = 0x10000 + ((code - 0xd800) << 10) + (hex_unit(p + 2) - 0xdc00);
		p += 6;
	} else if (code >= 0xd800 && code < 0xe000) {
		code = 0xfffd;
	}
	*at = p;
	return utf8_put(code, out);
}

/* Compares a quoted range with a C string; what follows a NUL does not count. */
static bool range_is(const struct kinc_span_doc *doc, uint32_t start, uint32_t end,
		     const char *text)
{
	const char *at = doc->text + start + 1, *stop = doc->text + end - 1;
	char piece[4];

	while (at < stop) {
		size_t length = decode_one(&at, piece);
		if (length == 1 && piece[0] == '\0')
			break;
		if (strncmp(text, piece, length) != 0)
			return false;
		text += length;
	}
	return *text == '\0';
}

bool kinc_span_key_is(const struct kinc_span_doc *doc, uint32_t node, const char *name)
{
	const struct kinc_span_node *n = &doc->nodes[node];

	return n->key_end && range_is(doc, n->key_start, n->key_end, name);
}

bool kinc_span_string_is(const struct kinc_span_doc *doc, uint32_t node, const char *text)
{
	const struct kinc_span_node *n = &doc->nodes[node];

	return n->type == KINC_SPAN_STRING && range_is(doc, n->start, n->end, text);
}

static uint32_t first_member(const struct kinc_span_doc *doc, uint32_t object)
{
	if (object == KINC_SPAN_NONE || doc->nodes[object].type != KINC_SPAN_OBJECT)
		return KINC_SPAN_NONE;
	return doc->nodes[object].child;
}

static uint32_t member_from(const struct kinc_span_doc *doc, uint32_t node, const char *name)
{
	while (node != KINC_SPAN_NONE && !kinc_span_key_is(doc, node, name))
		node = doc->nodes[node].next;
	return node;
}

uint32_t kinc_span_member(const struct kinc_span_doc *doc, uint32_t object, const char *name)
{
	return member_from(doc, first_member(doc, object), name);
}

int kinc_span_member_once(const struct kinc_span_doc *doc, uint32_t object, const char *name,
			  uint32_t *ret_node, struct kinc_error *err)
{
	uint32_t node = kinc_span_member(doc, object, name);

	if (node != KINC_SPAN_NONE) {
		uint32_t second = member_from(doc, doc->nodes[node].next, name);
		if (second != KINC_SPAN_NONE)
			return kinc_span_error(doc, second, err, EINVAL,
					       "\"%s\" is given twice in one object", name);
	}
	*ret_node = node;
	return 0;
}

uint32_t kinc_span_length(const struct kinc_span_doc *doc, uint32_t node)
{
	uint32_t length = 0;

	if (node == KINC_SPAN_NONE)
		return 0;
	for (uint32_t i = doc->nodes[node].child; i != KINC_SPAN_NONE; i = doc->nodes[i].next)
		length++;
	return length;
}

static int range_decode(const struct kinc_span_doc *doc, uint32_t start, uint32_t end,
			char **ret_text, size_t *ret_length, struct kinc_error *err)
{
	const char *at = doc->text + start + 1, *stop = doc->text + end - 1;
	/* Decoded text is never longer than escaped text; decode_one may use 4. */
	char *text = calloc((size_t)(end - start) + 4, 1);
	size_t length = 0;

	if (!text) {
		kinc_error_errno(err, ENOMEM, "%s", doc->name);
		return -ENOMEM;
	}
	while (at < stop)
		length += decode_one(&at, text + length);
	*ret_text = text;
	if (ret_length)
		*ret_length = length;
	return 0;
}

int kinc_span_string(const struct kinc_span_doc *doc, uint32_t node, char **ret_text,
		     size_t *ret_length, struct kinc_error *err)
{
	const struct kinc_span_node *n = &doc->nodes[node];

	if (n->type != KINC_SPAN_STRING)
		return kinc_span_error(doc, node, err, EINVAL, "a string is expected here");
	return range_decode(doc, n->start, n->end, ret_text, ret_length, err);
}

int kinc_span_key(const struct kinc_span_doc *doc, uint32_t node, char **ret_text,
		  size_t *ret_length, struct kinc_error *err)
{
	const struct kinc_span_node *n = &doc->nodes[node];

	if (!n->key_end)
		return kinc_span_error(doc, node, err, EINVAL, "this value has no name");
	return range_decode(doc, n->key_start, n->key_end, ret_text, ret_length, err);
}

/* A key's bytes as they are decoded, one after the other. */
struct key_bytes {
	const char *at, *stop;
	char decoded[4];
	size_t count, next;
};

static struct key_bytes key_begin(const struct kinc_span_doc *doc, uint32_t node)
{
	return (struct key_bytes){
		.at = doc->text + doc->nodes[node].key_start + 1,
		.stop = doc->text + doc->nodes[node].key_end - 1,
	};
}

/* 0 at its end, which \u0000 is too. */
static char key_next(struct key_bytes *bytes)
{
	if (bytes->next == bytes->count) {
		if (bytes->at >= bytes->stop)
			return 0;
		bytes->count = decode_one(&bytes->at, bytes->decoded);
		bytes->next = 0;
	}
	return bytes->decoded[bytes->next++];
}

/* Without memory: when there is none, a key given twice must not pass. */
static bool keys_are_same(const struct kinc_span_doc *doc, uint32_t one, uint32_t other)
{
	struct key_bytes left = key_begin(doc, one), right = key_begin(doc, other);

	for (;;) {
		char byte = key_next(&left);
		if (byte != key_next(&right))
			return false;
		if (!byte)
			return true;
	}
}

uint32_t kinc_span_duplicate(const struct kinc_span_doc *doc, uint32_t object)
{
	uint32_t first = first_member(doc, object);

	for (uint32_t i = first; i != KINC_SPAN_NONE; i = doc->nodes[i].next)
		for (uint32_t earlier = first; earlier != i; earlier = doc->nodes[earlier].next)
			if (keys_are_same(doc, earlier, i))
				return i;
	return KINC_SPAN_NONE;
}

/*
 * The magnitude of an integer token of at most `limit`. The scanner has
 * checked the digits.
 */
static int integer_magnitude(const struct kinc_span_doc *doc, uint32_t node, uint64_t limit,
			     uint64_t *ret_value, struct kinc_error *err)
{
	const struct kinc_span_node *n = &doc->nodes[node];
	const char *at = doc->text + n->start, *end = doc->text + n->end;
	uint64_t value = 0;

	if (n->type != KINC_SPAN_NUMBER)
		return kinc_span_error(doc, node, err, EINVAL, "an integer is expected here");
	for (at += *at == '-'; at < end; at++) {
		if (*at < '0' || *at > '9')
			return kinc_span_error(doc, node, err, EINVAL,
					       "an integer is expected here");
		uint64_t digit = (uint64_t)(*at - '0');
		if (digit > limit || value > (limit - digit) / 10)
			return kinc_span_error(doc, node, err, ERANGE, "%.*s is out of range",
					       (int)(n->end - n->start), doc->text + n->start);
		value = value * 10 + digit;
	}
	*ret_value = value;
	return 0;
}

int kinc_span_int64(const struct kinc_span_doc *doc, uint32_t node, int64_t *ret_value,
		    struct kinc_error *err)
{
	bool negative = doc->text[doc->nodes[node].start] == '-';
	uint64_t magnitude = 0;
	int result = integer_magnitude(doc, node, (uint64_t)INT64_MAX + negative, &magnitude, err);

	if (result < 0)
		return result;
	*ret_value = (int64_t)(negative ? 0 - magnitude : magnitude);
	return 0;
}

int kinc_span_uint64(const struct kinc_span_doc *doc, uint32_t node, uint64_t *ret_value,
		     struct kinc_error *err)
{
	bool negative = doc->text[doc->nodes[node].start] == '-';
	uint64_t magnitude = 0;
	int result = integer_magnitude(doc, node, negative ? 0 : UINT64_MAX, &magnitude, err);

	if (result < 0)
		return result;
	*ret_value = magnitude;
	return 0;
}
