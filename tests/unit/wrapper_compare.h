/* SPDX-License-Identifier: MIT */
#ifndef KINC_TESTS_WRAPPER_COMPARE_H
#define KINC_TESTS_WRAPPER_COMPARE_H

/*
 * What differs between a spec and what the rules made of it, found by comparing
 * the two texts, without a look at the rules' own report. To be included after
 * cmocka.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "wrapper/rewrite.h"

struct comparison {
	const struct kinc_span_doc *before, *after;
	FILE *out; /* a line per difference */
	char path[4096];
};

static bool same_bytes(const struct comparison *c, uint32_t from, uint32_t to, uint32_t other_from,
		       uint32_t other_to)
{
	return to - from == other_to - other_from &&
	       memcmp(c->before->text + from, c->after->text + other_from, to - from) == 0;
}

static uint32_t whole_start(const struct kinc_span_node *n)
{
	return n->key_end ? n->key_start : n->start;
}

/* On one line, whatever its own lines are. */
static void print_value(const struct comparison *c, const struct kinc_span_doc *doc, uint32_t node)
{
	for (uint32_t i = doc->nodes[node].start; i < doc->nodes[node].end; i++)
		fputc((unsigned char)doc->text[i] < ' ' ? ' ' : doc->text[i], c->out);
}

/* Appends the child's name to the path; returns the length before. */
static size_t path_enter(struct comparison *c, uint32_t child, unsigned index)
{
	size_t length = strlen(c->path), room = sizeof(c->path) - length;
	cleanup_free char *key = NULL;

	if (kinc_span_key(c->before, child, &key, NULL, NULL) == 0)
		snprintf(c->path + length, room, "%s%s", length ? "." : "", key);
	else
		snprintf(c->path + length, room, "[%u]", index);
	return length;
}

/* Is this child of the original still there, as that child? */
static bool is_kept(const struct comparison *c, uint32_t child, uint32_t other)
{
	if (other == KINC_SPAN_NONE)
		return false;
	const struct kinc_span_node *a = &c->before->nodes[child], *b = &c->after->nodes[other];
	if (a->key_end)
		return same_bytes(c, a->key_start, a->key_end, b->key_start, b->key_end);
	uint32_t left = 0, other_left = 0;
	for (uint32_t i = child; i != KINC_SPAN_NONE; i = c->before->nodes[i].next)
		left++;
	for (uint32_t i = other; i != KINC_SPAN_NONE; i = c->after->nodes[i].next)
		other_left++;
	return left == other_left || same_bytes(c, a->start, a->end, b->start, b->end);
}

/* What stands between two values where one went: blanks and the comma of one. */
static void check_joint(const struct kinc_span_doc *doc, uint32_t from, uint32_t to)
{
	int commas = 0;

	for (; from < to; from++) {
		commas += doc->text[from] == ',';
		assert_non_null(strchr(" \t\r\n,", doc->text[from]));
	}
	assert_true(commas <= 1);
}

static void compare(struct comparison *c, uint32_t node, uint32_t other)
{
	const struct kinc_span_node *a = &c->before->nodes[node], *b = &c->after->nodes[other];

	if (same_bytes(c, a->start, a->end, b->start, b->end))
		return;
	if (a->type != b->type || a->type > KINC_SPAN_ARRAY) {
		fprintf(c->out, "%s: ", c->path);
		print_value(c, c->before, node);
		fputs(" -> ", c->out);
		print_value(c, c->after, other);
		fputc('\n', c->out);
		return;
	}
	uint32_t end = a->start + 1, other_end = b->start + 1;
	bool gap = false;
	unsigned index = 0;
	other = b->child;
	for (uint32_t child = a->child; child != KINC_SPAN_NONE;
	     child = c->before->nodes[child].next, index++) {
		const struct kinc_span_node *x = &c->before->nodes[child];
		size_t length = path_enter(c, child, index);

		if (is_kept(c, child, other)) {
			const struct kinc_span_node *y = &c->after->nodes[other];
			if (gap)
				check_joint(c->after, other_end, whole_start(y));
			else
				assert_true(same_bytes(c, end, whole_start(x), other_end,
						       whole_start(y)));
			assert_true(
				same_bytes(c, whole_start(x), x->start, whole_start(y), y->start));
			compare(c, child, other);
			other_end = y->end;
			other = y->next;
			gap = false;
		} else {
			fprintf(c->out, "%s: ", c->path);
			print_value(c, c->before, child);
			fputs(" removed\n", c->out);
			gap = true;
		}
		end = x->end;
		c->path[length] = '\0';
	}
	assert_int_equal(other, KINC_SPAN_NONE);
	if (!gap)
		assert_true(same_bytes(c, end, a->end, other_end, b->end));
	else
		check_joint(c->after, other_end, b->end - 1);
}

/* Are the differences what the report says, and nothing else? */
static void check_report(const struct report *report, const char *differences)
{
	size_t lines = 0, capabilities = 0, reported = 0, known;

	for (const char *line = differences; *line; line = strchr(line, '\n') + 1) {
		lines++;
		bool found = false;
		for (size_t i = 0; i < report->count && !found; i++) {
			known = strlen(report->changes[i].path);
			found = strncmp(line, report->changes[i].path, known) == 0 &&
				(line[known] == ':' || line[known] == '[');
		}
		if (!found)
			fail_msg("not in the report: %s", line);
		capabilities += strstr(line, "capabilities.") != NULL &&
				strstr(line, "capabilities.") < strchr(line, ':');
	}
	for (size_t i = 0; i < report->count; i++)
		reported += strcmp(report->changes[i].rule, "capabilities") != 0;
	assert_int_equal(lines - capabilities, reported);
}

/*
 * The differences, for the caller to free; NULL when the spec is refused. Also
 * checks that the same node has nothing to change in what it made.
 */
static inline char *differences(const char *name, const char *text, size_t size,
				const struct facts *facts, bool again)
{
	cleanup_span struct kinc_span_doc before = {0}, after = {0};
	cleanup_free char *edited = NULL;
	struct kinc_error err = {0};
	struct rewrite rewrite;
	char *found = NULL;
	size_t edited_size, found_size;

	if (kinc_span_parse(name, text, size, &before, &err) < 0)
		fail_msg("%s", err.message);
	if (rewrite_spec(&rewrite, &before, SPEC_CONFIG, facts, false, &err) < 0) {
		rewrite_release(&rewrite);
		return NULL;
	}
	assert_int_equal(splice_apply(&rewrite.splice, &edited, &edited_size, NULL), 0);
	if (kinc_span_parse(name, edited, edited_size, &after, &err) < 0)
		fail_msg("%s", err.message);
	struct comparison c = {.before = &before, .after = &after};
	c.out = open_memstream(&found, &found_size);
	const struct kinc_span_node *a = &before.nodes[0], *b = &after.nodes[0];
	assert_true(same_bytes(&c, 0, a->start, 0, b->start));
	assert_true(same_bytes(&c, a->end, (uint32_t)size, b->end, (uint32_t)edited_size));
	compare(&c, 0, 0);
	fclose(c.out);
	check_report(&rewrite.report, found);
	assert_int_equal(rewrite.splice.changed, *found != '\0');
	rewrite_release(&rewrite);
	if (again) {
		cleanup_free char *twice = differences(name, edited, edited_size, facts, false);
		assert_non_null(twice);
		assert_string_equal(twice, "");
	}
	return found;
}

#endif
