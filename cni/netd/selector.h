/* SPDX-License-Identifier: MIT */
#ifndef NETD_SELECTOR_H
#define NETD_SELECTOR_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "error.h"

/* Labels of an object: "key\0value\0" one after another. A zeroed one has none. */
struct labels {
	char *text;
	size_t count;
};

/* object: metadata.labels, or NULL. EINVAL for what is no map of short strings. */
int labels_parse(const cJSON *object, struct labels *ret_labels, struct kinc_error *err);
void labels_release(struct labels *labels);
/* The value of key, or NULL. */
const char *labels_get(const struct labels *labels, const char *key);
bool labels_equal(const struct labels *a, const struct labels *b);

enum selector_operator {
	SELECTOR_IN,
	SELECTOR_NOT_IN,
	SELECTOR_EXISTS,
	SELECTOR_ABSENT,
};

struct requirement {
	enum selector_operator test;
	char *key;
	char **values;
	size_t count;
};

/* A LabelSelector; one without requirements selects everything. */
struct selector {
	struct requirement *list;
	size_t count;
};

/* where is the selector's path, for messages. Nothing needs release on failure. */
int selector_parse(const cJSON *object, const char *where, struct selector *ret_selector,
		   struct kinc_error *err);
void selector_release(struct selector *selector);
bool selector_match(const struct selector *selector, const struct labels *labels);
/* The same text for what selects the same by the same words, in whatever order. */
void selector_print(const struct selector *selector, FILE *out);

#endif
