/* SPDX-License-Identifier: MIT */
#ifndef INIT_UNIT_INSTANCE_H
#define INIT_UNIT_INSTANCE_H

#include "complaints.h"
#include "json_span.h"
#include "template.h"
#include "unit.h"

#define UNIT_NAME_MAX 64

/* A file's text, which the positions in messages need until all is resolved. */
struct unit_source {
	struct unit_source *next, *next_of_unit;
	struct kinc_span_doc doc;
	char *path, *text;
	const struct variables *variables;
	bool any_kinc;
};

bool unit_name_is_valid(const char *name, size_t length);
/* NAME@ */
bool unit_name_is_template(const char *name);
/* NAME@INSTANCE */
bool unit_is_instance(const struct unit *unit);

/* Reads the files of its template, if there is one, and its own. */
void unit_instance_read(struct unit_set *set, struct unit *unit, struct complaints *complaints);

/* Adds the instances of templates that the unit names. */
void unit_instances_summon(struct unit_set *set, const struct unit *unit,
			   struct complaints *complaints);

#endif
