/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. A user's kubeconfig has comments, an order and a style
 * that no YAML emitter would keep, so that it is changed by cutting and pasting
 * text: kubeconfig_outline says where. Each step reads the outline anew, which
 * makes each step simple. Everything that a merge adds can be told from what was
 * there, so that taking it out gives the old text back, byte for byte; but where
 * `null`, or JSON without that key, stood for an empty list, [] does.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "kubeconfig.h"
#include "kubeconfig_outline.h"
#include "kubeconfig_yaml.h"

/* *text with [start, end) replaced by with. */
static int replace(char **text, size_t start, size_t end, const char *with, struct kinc_error *err)
{
	char *copy = NULL;

	/* Texts are a few megabytes at the most (kubeconfig_file.c), so that start is an int. */
	if (asprintf(&copy, "%.*s%s%s", (int)start, *text, with, *text + end) < 0)
		return kinc_error_errno(err, ENOMEM, "merging a kubeconfig");
	free(*text);
	*text = copy;
	return 0;
}

/* The same for whole lines. The last line of a file may lack its end: then what was added has none.
 */
static int cut_lines(char **text, size_t start, size_t end, struct kinc_error *err)
{
	bool open_end = end == strlen(*text) && end > 0 && (*text)[end - 1] != '\n';
	int result = replace(text, start, end, "", err);

	if (result == 0 && open_end && start > 0 && (*text)[start - 1] == '\n')
		(*text)[start - 1] = '\0';
	return result;
}

static int paste_lines(char **text, size_t at, char *lines, struct kinc_error *err)
{
	cleanup_free char *moved = NULL;

	if (at == 0 || (*text)[at - 1] == '\n')
		return replace(text, at, at, lines, err);
	lines[strlen(lines) - 1] = '\0';
	if (asprintf(&moved, "\n%s", lines) < 0) {
		moved = NULL;
		return kinc_error_errno(err, ENOMEM, "merging a kubeconfig");
	}
	return replace(text, at, at, moved, err);
}

static int read_outline(const char *text, const char *label, struct kubeconfig_outline *ret,
			struct kinc_error *err)
{
	return kubeconfig_outline(text, strlen(text), label, ret, err);
}

static int remove_entry(char **text, int which, const char *label, struct kinc_error *err)
{
	struct kubeconfig_outline outline;
	int result = read_outline(*text, label, &outline, err);
	const struct kubeconfig_list *list = &outline.lists[which];

	if (result < 0 || !list->own)
		return result;
	if (!list->block)
		return replace(text, list->own_start, list->own_end, "", err);
	/* A block list cannot be empty, so that its only entry made it. */
	size_t start = list->count > 1 ? list->own_start : list->key_start - outline.indent;
	return cut_lines(text, start, list->own_end, err);
}

static int set_current(char **text, const char *label, const char *value, bool only_own,
		       struct kinc_error *err)
{
	struct kubeconfig_outline outline;
	int result = read_outline(*text, label, &outline, err);

	if (result < 0 || !outline.current_there ||
	    !(only_own ? outline.current_own : outline.current_empty))
		return result;
	return replace(text, outline.current_start, outline.current_end, value, err);
}

/* A key that is not there, with its one entry. */
static int add_key(char **text, const struct kubeconfig_outline *outline, int which,
		   const char *own, struct kinc_error *err)
{
	cleanup_free char *entry = NULL;
	cleanup_free char *whole = NULL;
	const char *key = kubeconfig_key_names[which];
	int result = kubeconfig_print_entry(own, key, outline->flow ? -1 : (int)outline->indent,
					    &entry, err);

	if (result < 0)
		return result;
	if ((outline->flow
		     ? asprintf(&whole, "%s\"%s\": [%s]", outline->count ? ", " : "", key, entry)
		     : asprintf(&whole, "%*s%s:\n%s", (int)outline->indent, "", key, entry)) < 0) {
		whole = NULL;
		return kinc_error_errno(err, ENOMEM, "merging a kubeconfig");
	}
	return outline->flow ? replace(text, outline->tail, outline->tail, whole, err)
			     : paste_lines(text, outline->tail, whole, err);
}

static int add_entry(char **text, int which, const char *label, const char *own,
		     struct kinc_error *err)
{
	struct kubeconfig_outline outline;
	cleanup_free char *entry = NULL;
	cleanup_free char *joined = NULL;
	int result = read_outline(*text, label, &outline, err);
	const struct kubeconfig_list *list = &outline.lists[which];

	if (result < 0)
		return result;
	if (!list->there)
		return add_key(text, &outline, which, own, err);
	result = kubeconfig_print_entry(own, kubeconfig_key_names[which],
					list->block ? (int)list->indent : -1, &entry, err);
	if (result < 0)
		return result;
	if (list->block)
		return paste_lines(text, list->tail, entry, err);
	if (asprintf(&joined, "%s%s%s",
		     list->null	   ? list->end == list->start ? " [" : "["
		     : list->count ? ", "
				   : "",
		     entry, list->null ? "]" : "") < 0) {
		joined = NULL;
		return kinc_error_errno(err, ENOMEM, "merging a kubeconfig");
	}
	if (list->null)
		return replace(text, list->start, list->end, joined, err);
	size_t at = list->count ? list->tail : list->start + 1;
	return replace(text, at, at, joined, err);
}

static int finish(char *changed, int result, char **ret_text)
{
	if (result < 0)
		free(changed);
	else
		*ret_text = changed;
	return result;
}

int kubeconfig_unmerge(const char *text, const char *label, char **ret_text, struct kinc_error *err)
{
	char *changed = strdup(text);
	int result = 0;

	if (!changed)
		return kinc_error_errno(err, ENOMEM, "merging a kubeconfig");
	for (int which = 0; which < KUBECONFIG_LISTS && result == 0; which++)
		result = remove_entry(&changed, which, label, err);
	if (result == 0)
		result = set_current(&changed, label, "\"\"", true, err);
	return finish(changed, result, ret_text);
}

/* Whether the entry of that list stands there as a merge would write it, wherever that is. */
static int find_entry(const char *text, int which, const char *label, const char *own, bool *ret,
		      struct kinc_error *err)
{
	struct kubeconfig_outline outline;
	cleanup_free char *entry = NULL;
	int result = read_outline(text, label, &outline, err);
	const struct kubeconfig_list *list = &outline.lists[which];

	*ret = false;
	if (result < 0 || !list->own)
		return result;
	result = kubeconfig_print_entry(own, kubeconfig_key_names[which],
					list->block ? (int)list->indent : -1, &entry, err);
	if (result < 0)
		return result;
	size_t length = strlen(entry);
	while (length > 0 && entry[length - 1] == '\n')
		length--;
	const char *found =
		memmem(text + list->own_start, list->own_end - list->own_start, entry, length);
	/* A word may go on where the entry's ends; { } has its end. */
	*ret = found && (!list->block || strchr("\n", found[length]));
	return 0;
}

int kubeconfig_merge(const char *text, const char *own, const char *label, char **ret_text,
		     struct kinc_error *err)
{
	char *changed = NULL;
	bool there = true;
	int result = 0;

	for (int which = 0; which < KUBECONFIG_LISTS && result == 0 && there; which++)
		result = find_entry(text, which, label, own, &there, err);
	if (result < 0)
		return result;
	/* Entries of others may stand behind: they are not to change their places. */
	if (there)
		changed = strdup(text);
	else
		result = kubeconfig_unmerge(text, label, &changed, err);
	if (result < 0)
		return result;
	if (!changed)
		return kinc_error_errno(err, ENOMEM, "merging a kubeconfig");
	if (changed[strspn(changed, " \n")] == '\0')
		result = replace(&changed, 0, strlen(changed), KUBECONFIG_FRESH, err);
	for (int which = 0; which < KUBECONFIG_LISTS && result == 0 && !there; which++)
		result = add_entry(&changed, which, label, own, err);
	if (result == 0)
		result = set_current(&changed, label, label, false, err);
	return finish(changed, result, ret_text);
}
