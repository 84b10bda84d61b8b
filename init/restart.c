/* SPDX-License-Identifier: MIT */
#include "restart.h"

#include <sys/wait.h>

bool restart_names_end(const struct list *ends, int status)
{
	const int *items = ends->items;
	int end = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);

	for (size_t i = 0; i < ends->count; i++)
		if (items[i] == end)
			return true;
	return false;
}

/* Is there one more restart within the window? If so, notes it. */
static bool within_limit(const struct restart_spec *spec, struct restart_history *history,
			 uint64_t now_ms)
{
	size_t limit = (size_t)spec->limit;

	if (limit == 0)
		return true;
	if (!history->times_ms)
		return false;
	/* With a full ring, "next" is the oldest. */
	if (history->count == limit &&
	    now_ms - history->times_ms[history->next] < (uint64_t)spec->window_s * 1000U)
		return false;
	history->times_ms[history->next] = now_ms;
	history->next = (history->next + 1) % limit;
	if (history->count < limit)
		history->count++;
	return true;
}

int restart_decide(const struct restart_spec *spec, enum restart_policy policy, bool failed,
		   struct restart_history *history, uint64_t now_ms, uint64_t ready_ms,
		   bool *ret_limited)
{
	*ret_limited = false;
	if (policy == RESTART_NEVER || (policy == RESTART_ON_FAILURE && !failed))
		return -1;
	if (!within_limit(spec, history, now_ms)) {
		*ret_limited = true;
		return -1;
	}
	if (ready_ms > (uint64_t)spec->window_s * 1000U)
		history->streak = 0;
	uint64_t delay = (uint64_t)spec->delay_ms;
	for (unsigned i = 0; i < history->streak && delay < (uint64_t)spec->max_delay_ms; i++)
		delay *= 2;
	history->streak++;
	return delay < (uint64_t)spec->max_delay_ms ? (int)delay : spec->max_delay_ms;
}
