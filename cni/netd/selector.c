/* SPDX-License-Identifier: MIT */
#include "selector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "json.h"

/* More than the API server takes; it keeps one object from filling the memory. */
#define LABELS_MAX 1024
#define KEY_MAX 512
#define VALUE_MAX 256
#define REQUIREMENTS_MAX 256
#define VALUES_MAX 1024

static bool text_fits(const cJSON *item, size_t max)
{
	return cJSON_IsString(item) && strlen(item->valuestring) <= max;
}

int labels_parse(const cJSON *object, struct labels *ret_labels, struct kinc_error *err)
{
	struct labels labels = {0};
	const cJSON *item;
	size_t size = 0;

	if (object && !cJSON_IsNull(object) && !cJSON_IsObject(object))
		return kinc_error_set(err, EINVAL, "metadata.labels is no object");
	cJSON_ArrayForEach(item, object)
	{
		if (!text_fits(item, VALUE_MAX) || strlen(item->string) > KEY_MAX ||
		    labels.count == LABELS_MAX)
			return kinc_error_set(err, EINVAL, "metadata.labels.%.60s is no label",
					      item->string);
		size += strlen(item->string) + strlen(item->valuestring) + 2;
		labels.count++;
	}
	if (labels.count) {
		char *at = labels.text = alloc(size, 1);
		cJSON_ArrayForEach(item, object)
		{
			at = stpcpy(at, item->string) + 1;
			at = stpcpy(at, item->valuestring) + 1;
		}
	}
	*ret_labels = labels;
	return 0;
}

void labels_release(struct labels *labels)
{
	free(labels->text);
	*labels = (struct labels){0};
}

const char *labels_get(const struct labels *labels, const char *key)
{
	const char *at = labels->text;

	for (size_t i = 0; i < labels->count; i++) {
		const char *value = at + strlen(at) + 1;
		if (strcmp(at, key) == 0)
			return value;
		at = value + strlen(value) + 1;
	}
	return NULL;
}

bool labels_equal(const struct labels *a, const struct labels *b)
{
	const char *at = a->text;

	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const char *value = at + strlen(at) + 1, *other = labels_get(b, at);
		if (!other || strcmp(value, other) != 0)
			return false;
		at = value + strlen(value) + 1;
	}
	return true;
}

static const struct {
	const char *name;
	bool values;
} operators[] = {
	[SELECTOR_IN] = {"In", true},
	[SELECTOR_NOT_IN] = {"NotIn", true},
	[SELECTOR_EXISTS] = {"Exists", false},
	[SELECTOR_ABSENT] = {"DoesNotExist", false},
};

static void add_value(struct requirement *requirement, const char *value)
{
	size_t i = requirement->count++;

	requirement->values =
		alloc_must(reallocarray(requirement->values, requirement->count, sizeof(char *)));
	/* Sorted, so that their order makes no difference. */
	for (; i > 0 && strcmp(requirement->values[i - 1], value) > 0; i--)
		requirement->values[i] = requirement->values[i - 1];
	requirement->values[i] = alloc_text(value);
}

static struct requirement *add_requirement(struct selector *selector, const char *key)
{
	selector->list = alloc_must(
		reallocarray(selector->list, selector->count + 1, sizeof(*selector->list)));
	selector->list[selector->count] = (struct requirement){.key = alloc_text(key)};
	return &selector->list[selector->count++];
}

static int parse_expression(const cJSON *item, const char *where, struct selector *selector,
			    struct kinc_error *err)
{
	const char *name = kinc_json_string(item, "operator", "");
	const cJSON *key = kinc_json_get(item, "key"), *values = kinc_json_get(item, "values");
	const cJSON *value;
	size_t test = 0;

	while (test < sizeof(operators) / sizeof(*operators) &&
	       strcmp(operators[test].name, name) != 0)
		test++;
	if (test == sizeof(operators) / sizeof(*operators))
		return kinc_error_set(err, EINVAL, "%s: the operator \"%.40s\" is not known", where,
				      name);
	if (!text_fits(key, KEY_MAX) || !key->valuestring[0])
		return kinc_error_set(err, EINVAL, "%s: an expression has no key", where);
	if ((cJSON_GetArraySize(values) > 0) != operators[test].values ||
	    cJSON_GetArraySize(values) > VALUES_MAX)
		return kinc_error_set(err, EINVAL, "%s: %s of %.60s %s", where, name,
				      key->valuestring,
				      operators[test].values ? "needs values" : "takes no values");
	struct requirement *requirement = add_requirement(selector, key->valuestring);
	requirement->test = (enum selector_operator)test;
	cJSON_ArrayForEach(value, values)
	{
		if (!text_fits(value, VALUE_MAX))
			return kinc_error_set(err, EINVAL, "%s: a value of %.60s is no label's",
					      where, key->valuestring);
		add_value(requirement, value->valuestring);
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct requirement *first = a, *second = b;
	int order = strcmp(first->key, second->key);

	if (order == 0)
		order = (int)first->test - (int)second->test;
	for (size_t i = 0; order == 0 && i < first->count && i < second->count; i++)
		order = strcmp(first->values[i], second->values[i]);
	return order ? order : (first->count > second->count) - (first->count < second->count);
}

static int parse(const cJSON *object, const char *where, struct selector *selector,
		 struct kinc_error *err)
{
	const cJSON *equal = kinc_json_get(object, "matchLabels"), *item;
	const cJSON *expressions = kinc_json_get(object, "matchExpressions");
	int status = 0;

	if (!cJSON_IsObject(object))
		return kinc_error_set(err, EINVAL, "%s is no object", where);
	if (equal && !cJSON_IsObject(equal) && !cJSON_IsNull(equal))
		return kinc_error_set(err, EINVAL, "%s.matchLabels is no object", where);
	if (expressions && !cJSON_IsArray(expressions) && !cJSON_IsNull(expressions))
		return kinc_error_set(err, EINVAL, "%s.matchExpressions is no list", where);
	if (cJSON_GetArraySize(equal) + cJSON_GetArraySize(expressions) > REQUIREMENTS_MAX)
		return kinc_error_set(err, EINVAL, "%s has more than %d requirements", where,
				      REQUIREMENTS_MAX);
	cJSON_ArrayForEach(item, equal)
	{
		if (!text_fits(item, VALUE_MAX) || strlen(item->string) > KEY_MAX)
			return kinc_error_set(err, EINVAL, "%s.matchLabels.%.60s is no label",
					      where, item->string);
		add_value(add_requirement(selector, item->string), item->valuestring);
	}
	cJSON_ArrayForEach(item, expressions) if (status == 0) status =
		parse_expression(item, where, selector, err);
	if (selector->count)
		qsort(selector->list, selector->count, sizeof(*selector->list), compare);
	return status;
}

int selector_parse(const cJSON *object, const char *where, struct selector *ret_selector,
		   struct kinc_error *err)
{
	struct selector selector = {0};
	int status = parse(object, where, &selector, err);

	if (status < 0)
		selector_release(&selector);
	else
		*ret_selector = selector;
	return status;
}

void selector_release(struct selector *selector)
{
	for (size_t i = 0; i < selector->count; i++) {
		for (size_t j = 0; j < selector->list[i].count; j++)
			free(selector->list[i].values[j]);
		free(selector->list[i].values);
		free(selector->list[i].key);
	}
	free(selector->list);
	*selector = (struct selector){0};
}

static bool among(const struct requirement *requirement, const char *value)
{
	for (size_t i = 0; i < requirement->count; i++)
		if (strcmp(requirement->values[i], value) == 0)
			return true;
	return false;
}

bool selector_match(const struct selector *selector, const struct labels *labels)
{
	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *requirement = &selector->list[i];
		const char *value = labels_get(labels, requirement->key);
		bool fits = false;
		switch (requirement->test) {
		case SELECTOR_IN:
			fits = value && among(requirement, value);
			break;
		case SELECTOR_NOT_IN: /* who lacks the label is not in */
			fits = !value || !among(requirement, value);
			break;
		case SELECTOR_EXISTS:
			fits = value;
			break;
		case SELECTOR_ABSENT:
			fits = !value;
			break;
		}
		if (!fits)
			return false;
	}
	return true;
}

void selector_print(const struct selector *selector, FILE *out)
{
	static const char *const words[] = {" in (", " notin (", "", ""};

	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *requirement = &selector->list[i];
		fprintf(out, "%s%s%s%s", i ? "," : "",
			requirement->test == SELECTOR_ABSENT ? "!" : "", requirement->key,
			words[requirement->test]);
		for (size_t j = 0; j < requirement->count; j++)
			fprintf(out, "%s%s", j ? "," : "", requirement->values[j]);
		if (requirement->count)
			fputc(')', out);
	}
}
