/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_CHECKLIST_H
#define KINC_HOST_CHECKLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* What `monitor` and `test` come to, item by item, and how they show it. */
enum checklist_grade {
	CHECKLIST_OK,
	CHECKLIST_WARNING, /* it works, but not all of it holds */
	CHECKLIST_FAILED,
	CHECKLIST_UNKNOWN, /* cannot be told because an earlier one failed */
	CHECKLIST_ABSENT,  /* this node has no such part */
};

struct checklist_item {
	const char *name, *needed;
	enum checklist_grade grade;
	char evidence[200];
};

void checklist_grade(struct checklist_item *item, enum checklist_grade grade, const char *format,
		     ...) __attribute__((format(printf, 3, 4)));

/* Whether nothing failed and all could be told. */
bool checklist_is_well(const struct checklist_item *items, size_t count);

/* The first that failed, or NULL. */
const struct checklist_item *checklist_failed(const struct checklist_item *items, size_t count);

/* A line for each on stdout. */
void checklist_print(const struct checklist_item *items, size_t count);

/* The same as one object, the items in a list of that name. */
int checklist_print_json(const char *cluster, const char *list, const struct checklist_item *items,
			 size_t count, struct kinc_error *err);

#endif
