/* SPDX-License-Identifier: MIT */
#ifndef KINC_WRAPPER_SPLICE_H
#define KINC_WRAPPER_SPLICE_H

#include <stdbool.h>

#include "json_span.h"

/*
 * Edits of a scanned document by byte ranges: values replaced, members and
 * elements removed. Every byte outside the edited ranges comes through as it
 * was. The document must outlive the splice.
 */
struct splice_edit;
struct splice {
	const struct kinc_span_doc *doc;
	struct splice_edit *edits; /* one per node of the document, NULL before the first */
	bool changed;
};

#define cleanup_splice __attribute__((cleanup(splice_release)))

/* Puts a copy of text, which must be JSON, in place of the node's value. */
int splice_replace(struct splice *splice, uint32_t node, const char *text, struct kinc_error *err);

/* Takes a member or element away, with its key and one comma. Not node 0. */
int splice_remove(struct splice *splice, uint32_t node, struct kinc_error *err);

/*
 * The edited document, NUL-terminated, for the caller to free. An edit within
 * a value that is itself replaced or removed has no effect.
 */
int splice_apply(const struct splice *splice, char **ret_text, size_t *ret_size,
		 struct kinc_error *err);
void splice_release(struct splice *splice);

#endif
