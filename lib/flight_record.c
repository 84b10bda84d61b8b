/* SPDX-License-Identifier: MIT */
#include "flight_record.h"

#include <errno.h>
#include <string.h>

#define END(text) ((text)[sizeof(text) - 1] = '\0')

int kinc_flight_check(struct kinc_flight *flight, size_t size, struct kinc_error *err)
{
	if (size < sizeof(flight->magic) ||
	    memcmp(flight->magic, KINC_FLIGHT_MAGIC, sizeof(flight->magic)) != 0)
		return kinc_error_set(err, EINVAL, "it is no flight record");
	if (size < sizeof(*flight))
		return kinc_error_set(err, EINVAL, "the flight record is cut: %zu of %zu bytes",
				      size, sizeof(*flight));
	if (flight->version != KINC_FLIGHT_VERSION || flight->size != sizeof(*flight))
		return kinc_error_set(err, EINVAL,
				      "the flight record is of version %u, this program reads %d",
				      flight->version, KINC_FLIGHT_VERSION);
	END(flight->boot_id);
	END(flight->build_id);
	END(flight->program);
	END(flight->state);
	if (flight->crash.frame_count > KINC_FLIGHT_FRAMES)
		flight->crash.frame_count = KINC_FLIGHT_FRAMES;
	for (size_t i = 0; i < KINC_FLIGHT_UNITS; i++) {
		END(flight->units[i].state);
		END(flight->units[i].name);
	}
	for (size_t i = 0; i < KINC_FLIGHT_EVENTS; i++) {
		END(flight->events[i].who);
		END(flight->events[i].text);
	}
	return 0;
}

const struct kinc_flight_event *kinc_flight_next(const struct kinc_flight *flight,
						 uint32_t *position)
{
	uint32_t first = flight->event_total > KINC_FLIGHT_EVENTS
				 ? flight->event_total - KINC_FLIGHT_EVENTS
				 : 0;

	if (*position < first)
		*position = first;
	if (*position >= flight->event_total)
		return NULL;
	return &flight->events[(*position)++ % KINC_FLIGHT_EVENTS];
}
