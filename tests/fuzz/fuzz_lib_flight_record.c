/* SPDX-License-Identifier: MIT */
/* A flight record as a crash, a full disk or anybody may have left it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/flight_record.c"

static size_t total;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct kinc_flight_event *event;
	const size_t head = offsetof(struct kinc_flight, crash);
	struct kinc_flight *flight = calloc(1, sizeof(*flight));
	uint32_t at = 0, count = 0;

	if (!flight)
		abort();
	/* The input is spread over a record of full size, with and without a good head. */
	memcpy(flight, data, size < sizeof(*flight) ? size : sizeof(*flight));
	kinc_flight_check(flight, size, NULL);
	for (size_t i = head; size > 0 && i < sizeof(*flight); i++)
		((uint8_t *)flight)[i] = data[i % size];
	memcpy(flight->magic, KINC_FLIGHT_MAGIC, sizeof(flight->magic));
	flight->version = KINC_FLIGHT_VERSION;
	flight->size = sizeof(*flight);
	if (kinc_flight_check(flight, sizeof(*flight), NULL) < 0 ||
	    flight->crash.frame_count > KINC_FLIGHT_FRAMES)
		abort();
	while ((event = kinc_flight_next(flight, &at)) && count++ <= KINC_FLIGHT_EVENTS)
		total += strlen(event->who) + strlen(event->text);
	if (count > KINC_FLIGHT_EVENTS)
		abort();
	free(flight);
	return 0;
}
