/* SPDX-License-Identifier: MIT */
/* An answer of the API server gives the same objects, however its bytes arrive. */
#include <assert.h>
#include <stdint.h>

#include "cni/netd/stream.c"

struct seen {
	struct stream stream;
	uint64_t hash;
	size_t count;
};

static int on_object(struct stream *stream, const char *text, size_t size, struct kinc_error *err)
{
	struct seen *seen = (struct seen *)stream;

	assert(size && size <= stream->max);
	for (size_t i = 0; i < size; i++)
		seen->hash = (seen->hash ^ (unsigned char)text[i]) * 1099511628211U;
	seen->count++;
	return seen->count > 100 ? kinc_error_set(err, EPROTO, "enough") : 0;
}

static int run(struct seen *seen, enum stream_mode mode, const char *data, size_t size, size_t piece)
{
	const char *frame;
	size_t frame_size;
	int result = 0;

	*seen = (struct seen){.stream = {.object = on_object, .max = 2000}};
	stream_begin(&seen->stream, mode);
	for (size_t at = 0; result == 0 && at < size; at += piece)
		result = stream_feed(&seen->stream, data + at, size - at < piece ? size - at : piece,
				     NULL);
	if (result == 0)
		result = stream_end(&seen->stream, &frame, &frame_size, NULL);
	stream_release(&seen->stream);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole, pieces;

	if (size < 2)
		return 0;
	enum stream_mode mode = data[0] & 1 ? STREAM_LIST : STREAM_LINES;
	const char *text = (const char *)data + 1;
	int first = run(&whole, mode, text, size - 1, size);
	int second = run(&pieces, mode, text, size - 1, (size_t)(data[0] >> 1) + 1);
	assert(first == second && whole.hash == pieces.hash && whole.count == pieces.count);
	return 0;
}
