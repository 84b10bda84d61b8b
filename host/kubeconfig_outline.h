/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_KUBECONFIG_OUTLINE_H
#define KINC_HOST_KUBECONFIG_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum kubeconfig_key {
	KUBECONFIG_CLUSTERS,
	KUBECONFIG_CONTEXTS,
	KUBECONFIG_USERS,
	KUBECONFIG_LISTS
};
extern const char *const kubeconfig_key_names[KUBECONFIG_LISTS];

/*
 * Where things stand in the text of a kubeconfig, in bytes: what one needs to
 * add or remove an entry and leave every other byte as it is.
 */
struct kubeconfig_list {
	bool there;
	bool block;	   /* "- " items; otherwise [ ], or null */
	bool null;	   /* no list: null, or nothing at all */
	size_t key_start;  /* of its key */
	size_t start, end; /* of its value, unless it is in block style */
	size_t count;	   /* entries */
	unsigned indent;   /* block: columns before the dash */
	size_t tail;	   /* block: where another entry goes; [ ]: the end of the last one */
	bool own;	   /* the entry asked for is there: */
	size_t own_start, own_end; /* what to cut out to be rid of it */
};

struct kubeconfig_outline {
	bool blank;	 /* nothing but space and comments */
	bool flow;	 /* the root is { } */
	unsigned indent; /* of the root's keys */
	size_t tail;	 /* where another key goes */
	size_t count;	 /* keys */
	struct kubeconfig_list lists[KUBECONFIG_LISTS];
	bool current_there, current_empty, current_own;
	size_t current_start, current_end;
};

/*
 * label is the name of the entries asked for. EPROTO, with the line, for what is
 * no kubeconfig of one document, or one whose lists are not written out.
 */
int kubeconfig_outline(const char *text, size_t size, const char *label,
		       struct kubeconfig_outline *ret, struct kinc_error *err);

#endif
