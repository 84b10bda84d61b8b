/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: each node has at most one edit. Nodes are numbered in
 * the order of the text, so one walk over them meets the edits in order, and
 * the text between them is copied. A removed value takes the comma before it
 * along when a value stays before it, otherwise the one behind it; the first
 * and last columns of what is removed thus depend on the neighbours, which the
 * walk keeps per container.
 */
#include "splice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

enum edit_kind { EDIT_NONE, EDIT_REPLACE, EDIT_REMOVE };

struct splice_edit {
	char *text;	   /* of EDIT_REPLACE */
	uint32_t size;	   /* of text */
	uint32_t last_end; /* while applying, of a container: end of its child before */
	enum edit_kind kind;
	bool kept; /* while applying, of a container: a child stayed */
};

static int edit_room(struct splice *splice, struct kinc_error *err)
{
	if (!splice->edits)
		splice->edits = calloc(splice->doc->count, sizeof(*splice->edits));
	if (!splice->edits)
		return kinc_error_errno(err, ENOMEM, "editing %s", splice->doc->name);
	splice->changed = true;
	return 0;
}

int splice_replace(struct splice *splice, uint32_t node, const char *text, struct kinc_error *err)
{
	int result = edit_room(splice, err);

	if (result < 0)
		return result;
	char *copy = strdup(text);
	if (!copy)
		return kinc_error_errno(err, ENOMEM, "editing %s", splice->doc->name);
	free(splice->edits[node].text);
	splice->edits[node].text = copy;
	splice->edits[node].size = (uint32_t)strlen(copy);
	splice->edits[node].kind = EDIT_REPLACE;
	return 0;
}

int splice_remove(struct splice *splice, uint32_t node, struct kinc_error *err)
{
	int result = edit_room(splice, err);

	if (result == 0)
		splice->edits[node].kind = EDIT_REMOVE;
	return result;
}

static uint32_t whole_start(const struct kinc_span_node *node)
{
	return node->key_end ? node->key_start : node->start;
}

/* The range that goes when this child of container is removed. */
static void removed_range(const struct kinc_span_doc *doc, const struct splice_edit *container,
			  uint32_t node, uint32_t *ret_start, uint32_t *ret_end)
{
	const struct kinc_span_node *n = &doc->nodes[node];

	*ret_start = container->kept ? container->last_end : whole_start(n);
	*ret_end = container->kept || n->next == KINC_SPAN_NONE ? n->end
								: whole_start(&doc->nodes[n->next]);
}

struct output {
	char *text;
	size_t size;
	uint32_t taken; /* bytes of the original that were copied or left out */
};

static void output_until(struct output *out, const struct kinc_span_doc *doc, uint32_t end)
{
	if (end > out->taken) {
		memcpy(out->text + out->size, doc->text + out->taken, end - out->taken);
		out->size += end - out->taken;
		out->taken = end;
	}
}

static void apply_node(const struct splice *splice, uint32_t node, struct output *out)
{
	const struct kinc_span_doc *doc = splice->doc;
	const struct kinc_span_node *n = &doc->nodes[node];
	struct splice_edit *edit = &splice->edits[node];
	struct splice_edit none = {0};
	struct splice_edit *container =
		n->parent == KINC_SPAN_NONE ? &none : &splice->edits[n->parent];
	/* Something around this value went away, or was replaced, whole. */
	bool gone = n->start < out->taken;

	edit->kept = false;
	if (!gone && edit->kind == EDIT_REPLACE) {
		output_until(out, doc, n->start);
		memcpy(out->text + out->size, edit->text, edit->size);
		out->size += edit->size;
		out->taken = n->end;
	} else if (!gone && edit->kind == EDIT_REMOVE) {
		uint32_t start, end;

		removed_range(doc, container, node, &start, &end);
		output_until(out, doc, start);
		out->taken = end;
	}
	if (edit->kind != EDIT_REMOVE)
		container->kept = true;
	container->last_end = n->end;
}

int splice_apply(const struct splice *splice, char **ret_text, size_t *ret_size,
		 struct kinc_error *err)
{
	const struct kinc_span_doc *doc = splice->doc;
	size_t room = doc->size + 1;

	for (uint32_t i = 0; splice->edits && i < doc->count; i++)
		room += splice->edits[i].size;
	struct output out = {.text = malloc(room)};
	if (!out.text)
		return kinc_error_errno(err, ENOMEM, "editing %s", doc->name);
	for (uint32_t i = 0; splice->edits && i < doc->count; i++)
		apply_node(splice, i, &out);
	output_until(&out, doc, (uint32_t)doc->size);
	out.text[out.size] = '\0';
	*ret_text = out.text;
	*ret_size = out.size;
	return 0;
}

void splice_release(struct splice *splice)
{
	int saved = errno;

	for (uint32_t i = 0; splice->edits && i < splice->doc->count; i++)
		free(splice->edits[i].text);
	free(splice->edits);
	*splice = (struct splice){0};
	errno = saved;
}
