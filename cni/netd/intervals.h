/* SPDX-License-Identifier: MIT */
#ifndef NETD_INTERVALS_H
#define NETD_INTERVALS_H

#include <stdbool.h>
#include <stddef.h>

#include "ip.h"

/* Addresses of one family: sorted intervals that neither overlap nor touch. */
struct interval {
	struct ip_address first, last;
};

struct intervals {
	struct interval *list;
	size_t count, capacity;
};

void intervals_add(struct intervals *intervals, const struct ip_prefix *prefix);
void intervals_subtract(struct intervals *intervals, const struct ip_prefix *prefix);
void intervals_merge(struct intervals *intervals, const struct intervals *other);
bool intervals_contain(const struct intervals *intervals, const struct ip_address *address);
void intervals_release(struct intervals *intervals);

#endif
