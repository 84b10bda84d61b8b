/* SPDX-License-Identifier: MIT */
/* Unit files given as texts, for the tests of units and of their graph. */
#ifndef TESTS_UNIT_INIT_UNITS_H
#define TESTS_UNIT_INIT_UNITS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "init/graph.h"
#include "init/unit_load.h"

struct fixture {
	struct unit_set set;
	struct complaints complaints;
	struct variables variables;
};

static inline int setup(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	assert_int_equal(variables_set(&fixture.variables, "KINC_CLUSTER", "dev", NULL), 0);
	*state = &fixture;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *fixture = *state;

	units_free(&fixture->set);
	complaints_free(&fixture->complaints);
	variables_free(&fixture->variables);
	return 0;
}

static inline void add(struct fixture *fixture, const char *name, const char *text)
{
	char path[100];

	snprintf(path, sizeof(path), "%s.json", name);
	units_add(&fixture->set, name, path, text, strlen(text), &fixture->variables, false,
		  &fixture->complaints);
}

#endif
