/* SPDX-License-Identifier: MIT */
#ifndef INIT_CHECK_JSON_H
#define INIT_CHECK_JSON_H

#include <stdio.h>

#include "complaints.h"
#include "unit.h"

/*
 * What --check --json prints, one line: {"ok":true,"units":[…]} in boot order
 * for a set that is in order, {"ok":false,"faults":[…]} for complaints. One of
 * the two is NULL.
 */
void check_print_json(const struct unit_set *set, const struct complaints *complaints, FILE *out);

#endif
