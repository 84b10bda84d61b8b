/* SPDX-License-Identifier: MIT */
#ifndef INIT_CAPABILITY_H
#define INIT_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "process_spec.h"

/*
 * PID 1 keeps in force (effective) only what it uses itself: CAP_KILL, to end
 * processes of other users, and CAP_DAC_OVERRIDE, to probe their sockets and
 * paths. All stay permitted, and a child raises them again before anything
 * else, so that it starts with what PID 1 was given.
 */
void capability_drop_unused(void);
void capability_raise_all(void);

/* Has this process been given it, whether it is in force or not? */
bool capability_permitted(int capability);

/* A bit per capability. Bounding sets have bits that no set of a process has. */
uint64_t capability_bits(const struct strings *names);
uint64_t capability_bounding(void);

/*
 * In a child. Takes away what the bounding set does not list, from what the
 * child could inherit too; needs CAP_SETPCAP.
 */
int capability_bound(const struct strings *bounding, struct kinc_error *err);

/* After the change of user: what is ambient stays over execve, nothing else is inheritable. */
int capability_make_ambient(const struct strings *ambient, struct kinc_error *err);

#endif
