/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "kubeconfig.h"
#include "kubeconfig_yaml.h"
#include "yaml_node.h"

struct text {
	char *data;
	size_t size;
};

/* The only element of the sequence that root has under key. */
static yaml_node_t *only(yaml_document_t *document, const char *key)
{
	const yaml_node_t *list = kinc_yaml_get(document, yaml_document_get_root_node(document), key);

	if (!list || list->type != YAML_SEQUENCE_NODE ||
	    list->data.sequence.items.top - list->data.sequence.items.start != 1)
		return NULL;
	return yaml_document_get_node(document, *list->data.sequence.items.start);
}

static int set(yaml_node_t *scalar, const char *value)
{
	if (!scalar || scalar->type != YAML_SCALAR_NODE)
		return -EPROTO;
	/* libyaml's own allocator is malloc(3), and it frees what is here. */
	char *copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(scalar->data.scalar.value);
	scalar->data.scalar.value = (yaml_char_t *)copy;
	scalar->data.scalar.length = strlen(copy);
	scalar->data.scalar.style = YAML_ANY_SCALAR_STYLE;
	return 0;
}

static int rewrite(yaml_document_t *document, const char *name, int port)
{
	char label[80], server[40];
	yaml_node_t *root = yaml_document_get_root_node(document);
	yaml_node_t *cluster = only(document, "clusters");
	yaml_node_t *context = only(document, "contexts");
	yaml_node_t *user = only(document, "users");
	yaml_node_t *binding = kinc_yaml_get(document, context, "context");
	int result;

	snprintf(label, sizeof(label), "kinc-%s", name);
	snprintf(server, sizeof(server), "https://127.0.0.1:%d", port);
	if ((result = set(kinc_yaml_get(document, kinc_yaml_get(document, cluster, "cluster"), "server"),
			  server)) < 0 ||
	    (result = set(kinc_yaml_get(document, cluster, "name"), label)) < 0 ||
	    (result = set(kinc_yaml_get(document, user, "name"), label)) < 0 ||
	    (result = set(kinc_yaml_get(document, binding, "cluster"), label)) < 0 ||
	    (result = set(kinc_yaml_get(document, binding, "user"), label)) < 0 ||
	    (result = set(kinc_yaml_get(document, context, "name"), label)) < 0)
		return result;
	return set(kinc_yaml_get(document, root, "current-context"), label);
}

static int append(void *data, unsigned char *bytes, size_t size)
{
	struct text *text = data;
	char *larger = realloc(text->data, text->size + size + 1);

	if (!larger)
		return 0;
	memcpy(larger + text->size, bytes, size);
	text->data = larger;
	text->size += size;
	larger[text->size] = '\0';
	return 1;
}

/* Consumes the document. */
static int dump(yaml_document_t *document, char **ret_text)
{
	yaml_emitter_t emitter;
	struct text text = {0};

	if (!yaml_emitter_initialize(&emitter)) {
		yaml_document_delete(document);
		return -ENOMEM;
	}
	yaml_emitter_set_output(&emitter, append, &text);
	yaml_emitter_set_width(&emitter, -1);
	int result =
		yaml_emitter_dump(&emitter, document) && yaml_emitter_close(&emitter) && text.data
			? 0
			: -ENOMEM;
	yaml_emitter_delete(&emitter);
	if (result < 0)
		free(text.data);
	else
		*ret_text = text.data;
	return result;
}

static int load(const char *text, size_t size, yaml_document_t *ret, struct kinc_error *err)
{
	yaml_parser_t parser;
	int result = 0;

	if (!yaml_parser_initialize(&parser))
		return kinc_error_errno(err, ENOMEM, "reading the kubeconfig");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	if (!yaml_parser_load(&parser, ret))
		result = kinc_error_set(err, EPROTO, "the node's admin.conf, line %zu: %s",
					parser.problem_mark.line + 1,
					parser.problem ? parser.problem : "not YAML");
	yaml_parser_delete(&parser);
	return result;
}

int kubeconfig_rewrite(const char *text, size_t size, const char *name, int port, char **ret_text,
		       struct kinc_error *err)
{
	yaml_document_t document;
	int result = load(text, size, &document, err);

	if (result < 0)
		return result;
	result = rewrite(&document, name, port);
	if (result < 0)
		yaml_document_delete(&document);
	else
		result = dump(&document, ret_text);
	if (result == -EPROTO)
		return kinc_error_set(err, EPROTO,
				      "the node's admin.conf is not a kubeconfig of one cluster");
	if (result < 0)
		return kinc_error_errno(err, -result, "rewriting the kubeconfig");
	return 0;
}

/* Flow style as JSON has it, or block style; an alias may make a circle. */
struct printer {
	yaml_document_t *document;
	FILE *out;
	bool json;
	int depth;
};

static void print_scalar(const struct printer *printer, const yaml_node_t *node)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789+/=._:-";
	const unsigned char *text = node->data.scalar.value;
	size_t length = node->data.scalar.length;

	if (!printer->json && length > 0 && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    text[0] != '-' && text[length - 1] != ':' &&
	    strspn((const char *)text, plain) == length) {
		fwrite(text, 1, length, printer->out);
		return;
	}
	fputc('"', printer->out);
	for (size_t i = 0; i < length; i++) {
		if (text[i] < ' ' || text[i] == 0x7f)
			fprintf(printer->out, "\\u%04x", text[i]);
		else
			fprintf(printer->out, "%s%c", strchr("\"\\", text[i]) ? "\\" : "", text[i]);
	}
	fputc('"', printer->out);
}

static int print_node(struct printer *printer, const yaml_node_t *node, int indent);

static int print_mapping(struct printer *printer, const yaml_node_t *node, int indent)
{
	bool first = true;
	int result = 0;

	if (printer->json)
		fputc('{', printer->out);
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top && result == 0; pair++) {
		const yaml_node_t *key = yaml_document_get_node(printer->document, pair->key);
		const yaml_node_t *value = yaml_document_get_node(printer->document, pair->value);
		bool nested = value && value->type == YAML_MAPPING_NODE && !printer->json;
		if (!key || key->type != YAML_SCALAR_NODE || !value)
			return -EPROTO;
		if (!first && printer->json)
			fputs(", ", printer->out);
		else if (!first)
			fprintf(printer->out, "%*s", indent, "");
		first = false;
		print_scalar(printer, key);
		fputs(nested ? ":\n" : ": ", printer->out);
		if (nested)
			fprintf(printer->out, "%*s", indent + 2, "");
		result = print_node(printer, value, indent + 2);
		if (result == 0 && !nested && !printer->json)
			fputc('\n', printer->out);
	}
	if (printer->json)
		fputc('}', printer->out);
	else if (first)
		fputs("{}\n", printer->out);
	return result;
}

static int print_sequence(struct printer *printer, const yaml_node_t *node)
{
	bool json = printer->json;
	int result = 0;

	printer->json = true;
	fputc('[', printer->out);
	for (const yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top && result == 0; item++) {
		if (item > node->data.sequence.items.start)
			fputs(", ", printer->out);
		result = print_node(printer, yaml_document_get_node(printer->document, *item), 0);
	}
	fputc(']', printer->out);
	printer->json = json;
	return result;
}

static int print_node(struct printer *printer, const yaml_node_t *node, int indent)
{
	int result = 0;

	if (!node || printer->depth > 16)
		return -EPROTO;
	printer->depth++;
	if (node->type == YAML_MAPPING_NODE)
		result = print_mapping(printer, node, indent);
	else if (node->type == YAML_SEQUENCE_NODE)
		result = print_sequence(printer, node);
	else
		print_scalar(printer, node);
	printer->depth--;
	return result;
}

int kubeconfig_print_entry(const char *text, const char *key, int indent, char **ret_text,
			   struct kinc_error *err)
{
	yaml_document_t document;
	char *printed = NULL;
	size_t size = 0;
	int result = load(text, strlen(text), &document, err);

	if (result < 0)
		return result;
	FILE *out = open_memstream(&printed, &size);
	struct printer printer = {.document = &document, .out = out, .json = indent < 0};
	if (out) {
		if (indent >= 0)
			fprintf(out, "%*s- ", indent, "");
		const yaml_node_t *entry = only(&document, key);
		result = entry && entry->type == YAML_MAPPING_NODE
				 ? print_mapping(&printer, entry, indent + 2)
				 : -EPROTO;
	}
	if (!out || fclose(out) != 0)
		result = -ENOMEM;
	yaml_document_delete(&document);
	if (result < 0) {
		free(printed);
		return kinc_error_set(err, -result,
				      "the node's admin.conf has no usual entry in %s", key);
	}
	*ret_text = printed;
	return 0;
}
