/* SPDX-License-Identifier: MIT */
#ifndef INIT_UNIT_SCHEMA_H
#define INIT_UNIT_SCHEMA_H

#include <stdio.h>

#include "error.h"

/*
 * A JSON Schema (draft 7) of unit files for editors, made from the tables that
 * read them. EINVAL for a key without a description, or of a kind that has no
 * schema yet.
 */
int unit_schema_print(FILE *out, struct kinc_error *err);

#endif
