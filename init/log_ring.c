/* SPDX-License-Identifier: MIT */
#include "log_ring.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct record {
	uint64_t time_ms;
	uint16_t size;
	uint8_t stream;
};

/* Positions count from the oldest byte; the ring wraps underneath. */
static void copy_in(struct log_ring *ring, size_t position, const void *data, size_t size)
{
	size_t at = (ring->start + position) % LOG_RING_BYTES;
	size_t first = size < LOG_RING_BYTES - at ? size : LOG_RING_BYTES - at;

	memcpy(ring->bytes + at, data, first);
	memcpy(ring->bytes, (const char *)data + first, size - first);
}

static void copy_out(const struct log_ring *ring, size_t position, void *data, size_t size)
{
	size_t at = (ring->start + position) % LOG_RING_BYTES;
	size_t first = size < LOG_RING_BYTES - at ? size : LOG_RING_BYTES - at;

	memcpy(data, ring->bytes + at, first);
	memcpy((char *)data + first, ring->bytes, size - first);
}

void log_ring_put(struct log_ring *ring, const struct log_line *line)
{
	size_t size = line->size;
	struct record record, oldest;

	if (!ring->bytes)
		ring->bytes = malloc(LOG_RING_BYTES);
	if (!ring->bytes)
		return;
	while (ring->used + sizeof(record) + size > LOG_RING_BYTES) {
		copy_out(ring, 0, &oldest, sizeof(oldest));
		ring->start = (ring->start + sizeof(oldest) + oldest.size) % LOG_RING_BYTES;
		ring->used -= sizeof(oldest) + oldest.size;
	}
	memset(&record, 0, sizeof(record));
	record.time_ms = line->time_ms;
	record.stream = line->stream;
	record.size = (uint16_t)size;
	copy_in(ring, ring->used, &record, sizeof(record));
	copy_in(ring, ring->used + sizeof(record), line->text, size);
	ring->used += sizeof(record) + size;
}

int log_ring_next(const struct log_ring *ring, size_t *position, struct log_line *ret_line)
{
	struct record record;

	if (*position >= ring->used)
		return 0;
	copy_out(ring, *position, &record, sizeof(record));
	ret_line->time_ms = record.time_ms;
	ret_line->size = record.size;
	ret_line->stream = record.stream;
	copy_out(ring, *position + sizeof(record), ret_line->text, record.size);
	ret_line->text[record.size] = '\0';
	*position += sizeof(record) + record.size;
	return 1;
}

uint64_t log_ring_time(const struct log_ring *ring, size_t position)
{
	struct record record;

	if (position >= ring->used)
		return 0;
	copy_out(ring, position, &record, sizeof(record));
	return record.time_ms;
}

static bool skip(const struct log_ring *ring, size_t *position)
{
	struct record record;

	if (*position >= ring->used)
		return false;
	copy_out(ring, *position, &record, sizeof(record));
	*position += sizeof(record) + record.size;
	return true;
}

size_t log_ring_count(const struct log_ring *ring)
{
	size_t position = 0, count = 0;

	while (skip(ring, &position))
		count++;
	return count;
}

size_t log_ring_last(const struct log_ring *ring, size_t lines)
{
	size_t position = 0;

	for (size_t count = log_ring_count(ring); count > lines; count--)
		skip(ring, &position);
	return position;
}
