/* SPDX-License-Identifier: MIT */
#ifndef CNI_CONF_JSON_H
#define CNI_CONF_JSON_H

#include "error.h"
#include "json.h"

/*
 * Typed reading of one JSON object. Each returns 0 and leaves *ret alone when
 * the key is missing or null, 0 with *ret set, or -EINVAL with a sentence that
 * names the key (where is its path's front part, such as "ipam.", or "").
 */
int conf_get_string(const cJSON *object, const char *where, const char *key, const char **ret,
		    struct kinc_error *err);
int conf_get_bool(const cJSON *object, const char *where, const char *key, bool *ret,
		  struct kinc_error *err);
int conf_get_array(const cJSON *object, const char *where, const char *key, const cJSON **ret,
		   struct kinc_error *err);
int conf_get_object(const cJSON *object, const char *where, const char *key, const cJSON **ret,
		    struct kinc_error *err);
int conf_get_integer(const cJSON *object, const char *where, const char *key, unsigned low,
		     unsigned high, unsigned *ret, struct kinc_error *err);

/*
 * -EOPNOTSUPP with key and value when object has a key that is not in the
 * NULL-terminated list; an entry that ends in '*' stands for every key that
 * begins so. A key whose value is null, false, 0 or empty asks for nothing and
 * passes.
 */
int conf_only_keys(const cJSON *object, const char *where, const char *const *keys,
		   struct kinc_error *err);

#endif
