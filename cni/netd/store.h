/* SPDX-License-Identifier: MIT */
#ifndef NETD_STORE_H
#define NETD_STORE_H

#include <cjson/cJSON.h>

#include "model.h"
#include "object.h"

/* The model's objects: found, changed, forgotten. What depends on them is marked. */

struct space *store_space(const struct model *model, const char *name);
struct pod *store_pod(const struct model *model, const char *space, const char *name);
/* The pod that has the address, or NULL. */
struct pod *store_owner(const struct model *model, const struct ip_address *address);

/* As policies_pod and its like (policies.h). */
int store_set_pod(struct model *model, const cJSON *object, enum object_change change,
		  struct kinc_error *err);
int store_set_namespace(struct model *model, const cJSON *object, enum object_change change,
			struct kinc_error *err);
/* ret_policy: where it could be said which it is; NULL after OBJECT_GONE. */
int store_set_policy(struct model *model, const cJSON *object, enum object_change change,
		     struct policy **ret_policy, struct kinc_error *err);

/* What is not set between these two is forgotten. */
void store_begin(struct model *model, enum object_kind kind);
void store_end(struct model *model, enum object_kind kind);

/*
 * The pod is about to get these addresses, whoever had them. They are its own until
 * the API server says them too.
 */
void store_claim(struct model *model, struct pod *pod, const struct ip_address *addresses,
		 size_t count);

/* Frees a pod that is gone and settled. */
void store_bury(struct model *model, struct pod *pod);
void store_release(struct model *model);

#endif
