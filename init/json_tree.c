/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: what kinc-init uses of cJSON's interface, so that it can
 * be linked statically: Debian has no static libcjson, and the dynamic linker
 * and libc.so were two thirds of PID 1's memory. Programs that are linked
 * dynamically use the library; its header is the contract of both. Text is
 * read by the strict scanner of lib/json_span.c. As in the library, a call that
 * lacks memory gives NULL or false, every call takes NULL, and what could not
 * be added to an object is freed.
 */
#include "json.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "json_span.h"

static cJSON *item_new(int type)
{
	cJSON *item = calloc(1, sizeof(*item));

	if (item)
		item->type = type;
	return item;
}

cJSON *cJSON_CreateObject(void)
{
	return item_new(cJSON_Object);
}

cJSON *cJSON_CreateArray(void)
{
	return item_new(cJSON_Array);
}

cJSON *cJSON_CreateNull(void)
{
	return item_new(cJSON_NULL);
}

cJSON *cJSON_CreateBool(cJSON_bool boolean)
{
	return item_new(boolean ? cJSON_True : cJSON_False);
}

cJSON *cJSON_CreateNumber(double number)
{
	cJSON *item = item_new(cJSON_Number);

	if (!item)
		return NULL;
	item->valuedouble = number;
	if (number >= INT_MAX)
		item->valueint = INT_MAX;
	else if (number <= INT_MIN)
		item->valueint = INT_MIN;
	else
		item->valueint = (int)number;
	return item;
}

cJSON *cJSON_CreateString(const char *string)
{
	cJSON *item = item_new(cJSON_String);

	if (item)
		item->valuestring = string ? strdup(string) : NULL;
	if (item && !item->valuestring) {
		free(item);
		return NULL;
	}
	return item;
}

void cJSON_Delete(cJSON *item)
{
	while (item) {
		cJSON *next = item->next;
		cJSON_Delete(item->child);
		free(item->valuestring);
		free(item->string);
		free(item);
		item = next;
	}
}

/* The first child's prev is the last child, as in the library. */
cJSON_bool cJSON_AddItemToArray(cJSON *array, cJSON *item)
{
	if (!array || !item || array == item)
		return false;
	if (array->child) {
		item->prev = array->child->prev;
		item->prev->next = item;
	} else {
		array->child = item;
	}
	array->child->prev = item;
	return true;
}

cJSON_bool cJSON_AddItemToObject(cJSON *object, const char *string, cJSON *item)
{
	char *name;

	if (!object || !string || !item || object == item || !(name = strdup(string)))
		return false;
	free(item->string);
	item->string = name;
	return cJSON_AddItemToArray(object, item);
}

static cJSON *add(cJSON *object, const char *name, cJSON *item)
{
	if (cJSON_AddItemToObject(object, name, item))
		return item;
	cJSON_Delete(item);
	return NULL;
}

cJSON *cJSON_AddNullToObject(cJSON *object, const char *name)
{
	return add(object, name, cJSON_CreateNull());
}

cJSON *cJSON_AddTrueToObject(cJSON *object, const char *name)
{
	return add(object, name, cJSON_CreateBool(true));
}

cJSON *cJSON_AddFalseToObject(cJSON *object, const char *name)
{
	return add(object, name, cJSON_CreateBool(false));
}

cJSON *cJSON_AddBoolToObject(cJSON *object, const char *name, cJSON_bool boolean)
{
	return add(object, name, cJSON_CreateBool(boolean));
}

cJSON *cJSON_AddNumberToObject(cJSON *object, const char *name, double number)
{
	return add(object, name, cJSON_CreateNumber(number));
}

cJSON *cJSON_AddStringToObject(cJSON *object, const char *name, const char *string)
{
	return add(object, name, cJSON_CreateString(string));
}

cJSON *cJSON_AddObjectToObject(cJSON *object, const char *name)
{
	return add(object, name, cJSON_CreateObject());
}

cJSON *cJSON_AddArrayToObject(cJSON *object, const char *name)
{
	return add(object, name, cJSON_CreateArray());
}

cJSON *cJSON_CreateStringArray(const char *const *strings, int count)
{
	cJSON *array = cJSON_CreateArray();

	for (int i = 0; array && i < count; i++) {
		cJSON *item = cJSON_CreateString(strings[i]);
		if (!item) {
			cJSON_Delete(array);
			return NULL;
		}
		cJSON_AddItemToArray(array, item);
	}
	return array;
}

cJSON *cJSON_GetObjectItemCaseSensitive(const cJSON *object, const char *string)
{
	cJSON *item = object && string ? object->child : NULL;

	while (item && !(item->string && strcmp(item->string, string) == 0))
		item = item->next;
	return item;
}

static bool is(const cJSON *item, int types)
{
	return item && (item->type & 0xFF & types);
}

cJSON_bool cJSON_IsTrue(const cJSON *item)
{
	return is(item, cJSON_True);
}

cJSON_bool cJSON_IsBool(const cJSON *item)
{
	return is(item, cJSON_True | cJSON_False);
}

cJSON_bool cJSON_IsNumber(const cJSON *item)
{
	return is(item, cJSON_Number);
}

cJSON_bool cJSON_IsString(const cJSON *item)
{
	return is(item, cJSON_String);
}

cJSON_bool cJSON_IsArray(const cJSON *item)
{
	return is(item, cJSON_Array);
}

cJSON_bool cJSON_IsObject(const cJSON *item)
{
	return is(item, cJSON_Object);
}

static cJSON *convert(const struct kinc_span_doc *doc, uint32_t node);

/* Reads the members or elements; the scanner bounds how deep that goes. */
static cJSON *convert_children(const struct kinc_span_doc *doc, uint32_t node, cJSON *parent)
{
	uint32_t child = doc->nodes[node].child;

	for (; parent && child != KINC_SPAN_NONE; child = doc->nodes[child].next) {
		cJSON *item = convert(doc, child);
		if (item && doc->nodes[node].type == KINC_SPAN_OBJECT &&
		    kinc_span_key(doc, child, &item->string, NULL, NULL) < 0) {
			cJSON_Delete(item);
			item = NULL;
		}
		if (!cJSON_AddItemToArray(parent, item)) {
			cJSON_Delete(parent);
			return NULL;
		}
	}
	return parent;
}

/* A copy, because the document's text need not end where the number does. */
static cJSON *convert_number(const char *token, size_t size)
{
	char *text = strndup(token, size);
	cJSON *item = text ? cJSON_CreateNumber(strtod(text, NULL)) : NULL;

	free(text);
	return item;
}

static cJSON *convert(const struct kinc_span_doc *doc, uint32_t node)
{
	const struct kinc_span_node *value = &doc->nodes[node];
	cleanup_free char *text = NULL;

	switch (value->type) {
	case KINC_SPAN_OBJECT:
		return convert_children(doc, node, cJSON_CreateObject());
	case KINC_SPAN_ARRAY:
		return convert_children(doc, node, cJSON_CreateArray());
	case KINC_SPAN_STRING:
		if (kinc_span_string(doc, node, &text, NULL, NULL) < 0)
			return NULL;
		return cJSON_CreateString(text);
	case KINC_SPAN_NUMBER:
		return convert_number(doc->text + value->start, value->end - value->start);
	case KINC_SPAN_TRUE:
	case KINC_SPAN_FALSE:
		return cJSON_CreateBool(value->type == KINC_SPAN_TRUE);
	case KINC_SPAN_NULL:
		break;
	}
	return cJSON_CreateNull();
}

cJSON *cJSON_ParseWithLength(const char *value, size_t size)
{
	cleanup_span struct kinc_span_doc doc = {0};

	if (!value || kinc_span_parse("", value, size, &doc, NULL) < 0)
		return NULL;
	return convert(&doc, 0);
}
