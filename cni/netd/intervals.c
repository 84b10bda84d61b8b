/* SPDX-License-Identifier: MIT */
#include "intervals.h"

#include <stdlib.h>

#include "alloc.h"

static void push(struct intervals *intervals, struct interval interval)
{
	intervals->list = alloc_grow(intervals->list, intervals->count, &intervals->capacity,
				     sizeof(*intervals->list));
	intervals->list[intervals->count++] = interval;
}

/* Does b begin in a or right after it? a begins no later than b. */
static bool joins(const struct interval *a, const struct interval *b)
{
	struct ip_address next = ip_next(a->last);

	/* After the highest address there is nothing; ip_next wraps around. */
	return ip_compare(&b->first, &a->last) <= 0 || ip_equal(&b->first, &next);
}

static void add(struct intervals *intervals, struct interval interval)
{
	struct intervals old = *intervals;
	bool placed = false;

	*intervals = (struct intervals){0};
	for (size_t i = 0; i < old.count; i++) {
		struct interval *each = &old.list[i];
		bool before = ip_compare(&each->first, &interval.first) <= 0;
		if (before ? joins(each, &interval) : joins(&interval, each)) {
			if (before)
				interval.first = each->first;
			if (ip_compare(&each->last, &interval.last) > 0)
				interval.last = each->last;
			continue;
		}
		if (!before && !placed) {
			push(intervals, interval);
			placed = true;
		}
		push(intervals, *each);
	}
	if (!placed)
		push(intervals, interval);
	free(old.list);
}

void intervals_add(struct intervals *intervals, const struct ip_prefix *prefix)
{
	add(intervals, (struct interval){prefix_first(prefix), prefix_last(prefix)});
}

void intervals_merge(struct intervals *intervals, const struct intervals *other)
{
	for (size_t i = 0; i < other->count; i++)
		add(intervals, other->list[i]);
}

void intervals_subtract(struct intervals *intervals, const struct ip_prefix *prefix)
{
	struct ip_address first = prefix_first(prefix), last = prefix_last(prefix);
	struct intervals old = *intervals;

	*intervals = (struct intervals){0};
	for (size_t i = 0; i < old.count; i++) {
		struct interval *each = &old.list[i];
		if (ip_compare(&last, &each->first) < 0 || ip_compare(&first, &each->last) > 0) {
			push(intervals, *each);
			continue;
		}
		if (ip_compare(&each->first, &first) < 0)
			push(intervals, (struct interval){each->first, ip_previous(first)});
		if (ip_compare(&each->last, &last) > 0)
			push(intervals, (struct interval){ip_next(last), each->last});
	}
	free(old.list);
}

bool intervals_contain(const struct intervals *intervals, const struct ip_address *address)
{
	for (size_t i = 0; i < intervals->count; i++)
		if (ip_compare(&intervals->list[i].first, address) <= 0 &&
		    ip_compare(address, &intervals->list[i].last) <= 0)
			return true;
	return false;
}

void intervals_release(struct intervals *intervals)
{
	free(intervals->list);
	*intervals = (struct intervals){0};
}
