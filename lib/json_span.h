/* SPDX-License-Identifier: MIT */
#ifndef KINC_JSON_SPAN_H
#define KINC_JSON_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * A strict RFC 8259 scanner that remembers where everything stands.
 *
 * The text is checked completely (grammar, UTF-8, depth, size) and becomes a
 * flat table of nodes, one per value, each with the byte range of its value
 * and, in an object, of its key. Nothing is decoded or converted while
 * scanning, so number tokens, key order and duplicate keys are all still there:
 * what one needs to edit a document by replacing byte ranges, and to name line
 * and column of a mistake in a file.
 *
 * Node 0 is the document's value. Members and elements are linked in the order
 * of the text. Ranges are [start, end) in bytes from the start of the text.
 */

#define KINC_SPAN_NONE UINT32_MAX      /* "no such node" */
#define KINC_SPAN_MAX_SIZE (16U << 20) /* bytes of text */
#define KINC_SPAN_MAX_NODES (1U << 20) /* values; bounds the table at 32 MiB */
#define KINC_SPAN_MAX_DEPTH 128U       /* arrays and objects within each other */

enum kinc_span_type {
	KINC_SPAN_OBJECT,
	KINC_SPAN_ARRAY,
	KINC_SPAN_STRING,
	KINC_SPAN_NUMBER,
	KINC_SPAN_TRUE,
	KINC_SPAN_FALSE,
	KINC_SPAN_NULL,
};

struct kinc_span_node {
	uint32_t start, end;	     /* the value; a string's range includes its quotes */
	uint32_t key_start, key_end; /* the key with its quotes; both 0 when it has none */
	uint32_t parent;	     /* containing array or object, or KINC_SPAN_NONE */
	uint32_t child;		     /* first element or member, or KINC_SPAN_NONE */
	uint32_t next;		     /* next element or member, or KINC_SPAN_NONE */
	enum kinc_span_type type;
};

/*
 * A scanned document. text and name are the caller's and must outlive it; the
 * table is released by kinc_span_release. A zeroed struct may be released.
 */
struct kinc_span_doc {
	const char *name; /* for messages: the file's name */
	const char *text;
	size_t size;
	struct kinc_span_node *nodes;
	uint32_t count;
};

#define cleanup_span __attribute__((cleanup(kinc_span_release)))

/*
 * Scans size bytes of text. On failure the sentence begins "NAME:LINE:COLUMN: "
 * and nothing needs release: EINVAL for what is no JSON, EFBIG for a text,
 * depth or node count over the limits, ENOMEM. The text may contain NUL bytes
 * (they are refused like other control characters) and need not end in one.
 */
int kinc_span_parse(const char *name, const char *text, size_t size, struct kinc_span_doc *ret_doc,
		    struct kinc_error *err);
void kinc_span_release(struct kinc_span_doc *doc);

/*
 * Line and column, both from 1, of a byte offset (at most size). Columns count
 * characters, a tab being one.
 */
void kinc_span_position(const char *text, size_t size, size_t offset, unsigned *ret_line,
			unsigned *ret_column);

/*
 * Bytes of the well-formed UTF-8 sequence at p, of which left bytes (at least
 * one) may be read; 0 when there is none.
 */
unsigned kinc_utf8_length(const unsigned char *p, size_t left);

/*
 * Fills err with "NAME:LINE:COLUMN: sentence" and returns -code. The position
 * is that of the node's key where it has one, otherwise of its value.
 */
int kinc_span_error(const struct kinc_span_doc *doc, uint32_t node, struct kinc_error *err,
		    int code, const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * Does the node's key equal name? Escapes in the key are decoded first. A key
 * with \u0000 is read up to it, as C programs with cJSON or yajl read it.
 */
bool kinc_span_key_is(const struct kinc_span_doc *doc, uint32_t node, const char *name);

/* The same for the value of a string node; false for nodes of other types. */
bool kinc_span_string_is(const struct kinc_span_doc *doc, uint32_t node, const char *text);

/*
 * First member of that name, or KINC_SPAN_NONE when there is none or object is
 * KINC_SPAN_NONE or no object, so that calls can be nested. Does not see
 * duplicates; kinc_span_member_once does.
 */
uint32_t kinc_span_member(const struct kinc_span_doc *doc, uint32_t object, const char *name);

/*
 * As kinc_span_member in *ret_node, but a name that occurs twice is EINVAL with
 * the place of the second in the sentence: readers disagree which one counts.
 */
int kinc_span_member_once(const struct kinc_span_doc *doc, uint32_t object, const char *name,
			  uint32_t *ret_node, struct kinc_error *err);

/*
 * First member whose key was there before in the same object, or
 * KINC_SPAN_NONE. Quadratic in the number of members: for files that people
 * write.
 */
uint32_t kinc_span_duplicate(const struct kinc_span_doc *doc, uint32_t object);

/* Number of members or elements; 0 for other nodes and KINC_SPAN_NONE. */
uint32_t kinc_span_length(const struct kinc_span_doc *doc, uint32_t node);

/*
 * Decoded copies of a string value or of a key, for the caller to free, with a
 * NUL at the end. *ret_length may be NULL and is the length in bytes, which
 * tells when the string has NULs inside. Lone surrogates become U+FFFD. EINVAL
 * for a node that is no string (has no key), ENOMEM.
 */
int kinc_span_string(const struct kinc_span_doc *doc, uint32_t node, char **ret_text,
		     size_t *ret_length, struct kinc_error *err);
int kinc_span_key(const struct kinc_span_doc *doc, uint32_t node, char **ret_text,
		  size_t *ret_length, struct kinc_error *err);

/*
 * The exact value of a number written as an integer. EINVAL for other types
 * and for tokens with a fraction or an exponent, ERANGE for one that does not
 * fit.
 */
int kinc_span_int64(const struct kinc_span_doc *doc, uint32_t node, int64_t *ret_value,
		    struct kinc_error *err);
int kinc_span_uint64(const struct kinc_span_doc *doc, uint32_t node, uint64_t *ret_value,
		     struct kinc_error *err);

#endif
