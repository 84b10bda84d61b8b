/* SPDX-License-Identifier: MIT */
#ifndef INIT_UNIT_RECORDS_H
#define INIT_UNIT_RECORDS_H

#include "unit_read.h"

/* The members of the key "stamp", in a struct stamp_spec. */
extern const struct key stamp_keys[];

#endif
