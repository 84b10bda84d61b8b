/* SPDX-License-Identifier: MIT */
#ifndef KINC_YAML_NODE_H
#define KINC_YAML_NODE_H

#include <string.h>
#include <yaml.h>

/* The value under key, owned by the document; NULL where mapping is none or has no such key. */
static inline yaml_node_t *kinc_yaml_get(yaml_document_t *document, const yaml_node_t *mapping,
					 const char *key)
{
	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *node = yaml_document_get_node(document, pair->key);
		if (node && node->type == YAML_SCALAR_NODE &&
		    strcmp((const char *)node->data.scalar.value, key) == 0)
			return yaml_document_get_node(document, pair->value);
	}
	return NULL;
}

#endif
