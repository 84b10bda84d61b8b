/* SPDX-License-Identifier: MIT */
#ifndef INIT_UNIT_PROCESS_H
#define INIT_UNIT_PROCESS_H

#include "unit_read.h"

/* The tables of "limits", "resources" and "capabilities". */
extern const struct key limit_keys[], resource_keys[], capability_keys[];

/* {"soft", "hard"} or one value into the list of struct rlimit_spec. */
void read_rlimit(struct reader *reader, const struct key *key, uint32_t node, void *field);
/* Bytes as a number, "64M" or "max" into the list of struct resource_spec. */
void read_bytes(struct reader *reader, const struct key *key, uint32_t node, void *field);
/* Whole cores as a number, "1.5", "500m" or "max". */
void read_cores(struct reader *reader, const struct key *key, uint32_t node, void *field);
/* A number within the key's range, which "max" may replace where the range ends at INT_MAX. */
void read_amount(struct reader *reader, const struct key *key, uint32_t node, void *field);
/* A user or group: a name, or a number, which may be a string too. */
void read_owner(struct reader *reader, const struct key *key, uint32_t node, void *field);
void read_owners(struct reader *reader, const struct key *key, uint32_t node, void *field);

#endif
