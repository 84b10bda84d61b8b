/* SPDX-License-Identifier: MIT */
/* Any bytes: a scan that succeeds gives ranges that lie within each other. */
#include <stdlib.h>

#include "json_span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of its own, so that one byte too far is seen. */
	char *text = malloc(size ? size : 1);
	struct kinc_span_doc doc;
	struct kinc_error err = {0};

	if (!text)
		return 0;
	for (size_t i = 0; i < size; i++)
		text[i] = (char)data[i];
	if (kinc_span_parse("fuzz", text, size, &doc, &err) == 0) {
		for (uint32_t i = 0; i < doc.count; i++) {
			const struct kinc_span_node *n = &doc.nodes[i];
			int64_t number;
			uint64_t positive;
			char *decoded = NULL;

			if (n->start >= n->end || n->end > size || (n->key_end > n->start) ||
			    (i && (n->end >= doc.nodes[n->parent].end ||
				   n->start <= doc.nodes[n->parent].start)))
				abort();
			if (kinc_span_string(&doc, i, &decoded, NULL, NULL) == 0 &&
			    !kinc_span_string_is(&doc, i, decoded))
				abort();
			free(decoded);
			kinc_span_int64(&doc, i, &number, NULL);
			kinc_span_uint64(&doc, i, &positive, NULL);
		}
		if (doc.count < 100)
			kinc_span_duplicate(&doc, 0);
		kinc_span_release(&doc);
	}
	free(text);
	return 0;
}
