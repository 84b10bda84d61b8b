/* SPDX-License-Identifier: MIT */
#ifndef INIT_UNIT_KEYS_H
#define INIT_UNIT_KEYS_H

#include "unit_read.h"

/* The keys of a unit file, in the order of unit_keys[]. */
enum unit_key {
	KEY_DESCRIPTION,
	KEY_TYPE,
	KEY_MASK,
	KEY_EXEC,
	KEY_BUILTIN,
	KEY_REQUIRES,
	KEY_WANTS,
	KEY_AFTER,
	KEY_WANTED_BY,
	KEY_CONFLICTS,
	KEY_READY,
	KEY_RESTART,
	KEY_STOP,
	KEY_RELOAD,
	KEY_LOG,
	KEY_START_TIMEOUT,
	KEY_WATCHDOG,
	KEY_ENVIRONMENT,
	KEY_WORKING_DIRECTORY,
	KEY_CONDITION,
	KEY_STAMP,
	KEY_CRITICAL,
	KEY_OOM_SCORE_ADJ,
	KEY_LIMITS,
	KEY_RESOURCES,
	KEY_USER,
	KEY_GROUP,
	KEY_GROUPS,
	KEY_UMASK,
	KEY_CAPABILITIES,
	KEY_NO_NEW_PRIVILEGES,
	KEY_SECCOMP,
	KEY_MOUNTS,
	KEY_DIRECTORIES,
	KEY_SYMLINKS,
	KEY_TEMPLATES,
	UNIT_KEYS,
};
extern const struct key unit_keys[UNIT_KEYS + 1];

/* Where a unit's key was given; doc is NULL when it was not. */
struct unit_place {
	const struct kinc_span_doc *doc;
	uint32_t node;
};

/* The ordinal-th value of an array, or the array where there are fewer. */
uint32_t unit_place_item(const struct unit_place *place, size_t ordinal);

/* A unit of that name with nothing but defaults; NULL without memory. */
struct unit *unit_new(struct arena *arena, const char *name);

/* Takes the keys of the reader's document into the unit. */
void unit_read(struct reader *reader, struct unit *unit);

/* Complains about keys that are missing, or make no sense together. */
void unit_check(const struct unit *unit, struct complaints *complaints);

/* The same of the seccomp profiles that are there: others may be made by a unit. */
void unit_check_profiles(const struct unit_set *set, struct complaints *complaints);

/* The kinds of probes, in the order of enum probe_kind, then what else a probe has. */
extern const struct key probe_keys[];
#define PROBE_KINDS (PROBE_EXEC + 1)

/* For the table of "ready": reads the array into a list of struct probe_spec. */
void read_ready(struct reader *reader, const struct key *key, uint32_t node, void *field);

#endif
