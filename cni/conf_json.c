/* SPDX-License-Identifier: MIT */
#include "conf_json.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cleanup.h"

/* *ret_item is the member, NULL when it is missing or null. */
static int get(const cJSON *object, const char *where, const char *key,
	       cJSON_bool (*is)(const cJSON *const), const char *kind, const cJSON **ret_item,
	       struct kinc_error *err)
{
	const cJSON *item = kinc_json_get(object, key);

	*ret_item = NULL;
	if (!item || cJSON_IsNull(item))
		return 0;
	if (!is(item))
		return kinc_error_set(err, EINVAL, "%s%s must be %s", where, key, kind);
	*ret_item = item;
	return 0;
}

int conf_get_string(const cJSON *object, const char *where, const char *key, const char **ret,
		    struct kinc_error *err)
{
	const cJSON *item;
	int result = get(object, where, key, cJSON_IsString, "a string", &item, err);

	if (item)
		*ret = item->valuestring;
	return result;
}

int conf_get_bool(const cJSON *object, const char *where, const char *key, bool *ret,
		  struct kinc_error *err)
{
	const cJSON *item;
	int result = get(object, where, key, cJSON_IsBool, "true or false", &item, err);

	if (item)
		*ret = cJSON_IsTrue(item);
	return result;
}

int conf_get_array(const cJSON *object, const char *where, const char *key, const cJSON **ret,
		   struct kinc_error *err)
{
	const cJSON *item;
	int result = get(object, where, key, cJSON_IsArray, "a list", &item, err);

	if (item)
		*ret = item;
	return result;
}

int conf_get_object(const cJSON *object, const char *where, const char *key, const cJSON **ret,
		    struct kinc_error *err)
{
	const cJSON *item;
	int result = get(object, where, key, cJSON_IsObject, "an object", &item, err);

	if (item)
		*ret = item;
	return result;
}

int conf_get_integer(const cJSON *object, const char *where, const char *key, unsigned low,
		     unsigned high, unsigned *ret, struct kinc_error *err)
{
	const cJSON *item;
	int result = get(object, where, key, cJSON_IsNumber, "a number", &item, err);

	if (!item)
		return result;
	if (!(item->valuedouble >= low && item->valuedouble <= high) ||
	    item->valuedouble != (unsigned)item->valuedouble)
		return kinc_error_set(err, EINVAL, "%s%s must be a whole number from %u to %u",
				      where, key, low, high);
	*ret = (unsigned)item->valuedouble;
	return 0;
}

static bool asks_for_nothing(const cJSON *item)
{
	if (cJSON_IsNumber(item))
		return item->valuedouble == 0;
	if (cJSON_IsString(item))
		return item->valuestring[0] == '\0';
	if (cJSON_IsArray(item) || cJSON_IsObject(item))
		return !item->child;
	return cJSON_IsNull(item) || cJSON_IsFalse(item);
}

static bool listed(const char *key, const char *const *keys)
{
	for (; *keys; keys++) {
		size_t size = strlen(*keys);
		if ((*keys)[size - 1] == '*' ? strncmp(key, *keys, size - 1) == 0
					     : strcmp(key, *keys) == 0)
			return true;
	}
	return false;
}

int conf_only_keys(const cJSON *object, const char *where, const char *const *keys,
		   struct kinc_error *err)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, object)
	{
		if (!item->string || listed(item->string, keys) || asks_for_nothing(item))
			continue;
		cleanup_free char *value = cJSON_PrintUnformatted(item);
		return kinc_error_set(err, EOPNOTSUPP, "kincnet does not support %s%s: %s", where,
				      item->string, value ? value : "?");
	}
	return 0;
}
