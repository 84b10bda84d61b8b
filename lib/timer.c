/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: timers are a pairing heap. Each is due no later than
 * its children, which are linked as siblings; "previous" of a first child is
 * its parent. A thousand start timeouts of 90 s and as many probes every 50 ms
 * cost little then, and no timer needs memory.
 */
#include <assert.h>

#include "loop.h"

/* Both may be NULL; of two that are due at once, the first stays first. */
static struct timer *meld(struct timer *first, struct timer *second)
{
	if (!first || !second)
		return first ? first : second;
	if (second->due_us < first->due_us) {
		struct timer *other = first;
		first = second;
		second = other;
	}
	second->previous = first;
	second->next = first->child;
	if (second->next)
		second->next->previous = second;
	first->child = second;
	return first;
}

/* Siblings become one heap: in pairs from the left, then all from the right. */
static struct timer *meld_siblings(struct timer *list)
{
	struct timer *pairs = NULL, *heap = NULL;

	while (list) {
		struct timer *one = list, *two = list->next;
		list = two ? two->next : NULL;
		one->next = one->previous = NULL;
		if (two)
			two->next = two->previous = NULL;
		one = meld(one, two);
		one->next = pairs;
		pairs = one;
	}
	while (pairs) {
		struct timer *one = pairs;
		pairs = one->next;
		one->next = NULL;
		heap = meld(one, heap);
	}
	return heap;
}

void timer_clear(struct loop *loop, struct timer *timer)
{
	if (!timer->armed)
		return;
	struct timer *below = meld_siblings(timer->child);
	if (timer == loop->first) {
		loop->first = below;
	} else {
		if (timer->previous->child == timer)
			timer->previous->child = timer->next;
		else
			timer->previous->next = timer->next;
		if (timer->next)
			timer->next->previous = timer->previous;
		loop->first = meld(loop->first, below);
	}
	timer->child = timer->next = timer->previous = NULL;
	timer->armed = false;
}

void timer_set(struct loop *loop, struct timer *timer, uint64_t delay_ms)
{
	assert(timer->fired);
	timer_clear(loop, timer);
	timer->due_us = loop_now_us() + delay_ms * 1000U;
	timer->armed = true;
	loop->first = meld(loop->first, timer);
}
