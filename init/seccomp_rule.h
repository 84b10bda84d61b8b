/* SPDX-License-Identifier: MIT */
#ifndef INIT_SECCOMP_RULE_H
#define INIT_SECCOMP_RULE_H

#include <seccomp.h>

#include "json_span.h"

/* A profile while a filter is made from it: seccomp_profile.c. */
struct profile {
	const struct kinc_span_doc *doc;
	scmp_filter_ctx filter;
	uint32_t default_action;
	uint64_t capabilities; /* that the process can have */
};

/* The members that an object may have; others are faults. */
int profile_keys(const struct profile *profile, uint32_t object, const char *const *known,
		 struct kinc_error *err);

/* First item of an array that may be missing or null; KINC_SPAN_NONE when there is none. */
int profile_items(const struct profile *profile, uint32_t object, const char *key,
		  uint32_t *ret_item, struct kinc_error *err);

/* An action with its error, whose keys are a number's and a name's. */
int profile_action(const struct profile *profile, uint32_t object, const char *key,
		   const char *const errno_keys[2], uint32_t *ret, struct kinc_error *err);

/* One item of "syscalls": seccomp_rule.c. */
int profile_rule(const struct profile *profile, uint32_t rule, struct kinc_error *err);

#endif
