/* SPDX-License-Identifier: MIT */
#ifndef KINC_JSON_H
#define KINC_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Scope-bound release of a cJSON tree. */
#define cleanup_json __attribute__((cleanup(kinc_cleanup_json)))
static inline void kinc_cleanup_json(cJSON **json)
{
	cJSON_Delete(*json);
}

/*
 * Members by exact name: cJSON_GetObjectItem ignores case, which JSON does
 * not. A missing member, or one of another type, gives the fallback; use the
 * cJSON_Is* tests where the difference matters. Strings belong to the tree.
 */
static inline const cJSON *kinc_json_get(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}
static inline const char *kinc_json_string(const cJSON *object, const char *name,
					   const char *fallback)
{
	const cJSON *item = kinc_json_get(object, name);

	return cJSON_IsString(item) ? item->valuestring : fallback;
}
static inline double kinc_json_number(const cJSON *object, const char *name, double fallback)
{
	const cJSON *item = kinc_json_get(object, name);

	return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}
/* An int, saturated: converting a number from outside may be out of its range. */
static inline int kinc_json_int(const cJSON *object, const char *name, int fallback)
{
	const cJSON *item = kinc_json_get(object, name);

	return cJSON_IsNumber(item) ? item->valueint : fallback;
}
static inline bool kinc_json_bool(const cJSON *object, const char *name, bool fallback)
{
	const cJSON *item = kinc_json_get(object, name);

	return cJSON_IsBool(item) ? cJSON_IsTrue(item) : fallback;
}

#endif
