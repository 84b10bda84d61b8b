/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: of a watch, bytes are gathered up to a newline, which
 * no JSON text of the API server has inside. Of a list, strings and brackets
 * are followed. At depth 1 a "[" behind the key "items" begins the elements;
 * what is between its brackets goes to the element buffer and from there, when
 * the depth is 2 again, to the caller. Everything else goes to the frame.
 */
#include "stream.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 4096
#define DEPTH_MAX 500
/* What is left of a list is its kind, a version and a continue token. */
#define FRAME_MAX 65536

static int append(struct stream_buffer *buffer, size_t max, const char *data, size_t size,
		  struct kinc_error *err)
{
	if (size == 0)
		return 0;
	if (size > max - buffer->size)
		return kinc_error_set(err, EFBIG, "an object is larger than %zu bytes", max);
	if (buffer->size + size > buffer->room) {
		size_t room = buffer->room ? buffer->room : ROOM_FIRST;
		while (room < buffer->size + size)
			room *= 2;
		char *grown = realloc(buffer->data, room);
		if (!grown)
			return kinc_error_errno(err, ENOMEM, "reading an object");
		buffer->data = grown;
		buffer->room = room;
	}
	memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
	return 0;
}

static int deliver(struct stream *stream, struct kinc_error *err)
{
	size_t size = stream->element.size;

	stream->element.size = 0;
	return stream->object(stream, stream->element.data, size, err);
}

static int feed_lines(struct stream *stream, const char *data, size_t size, struct kinc_error *err)
{
	int result = 0;

	while (size && result == 0) {
		const char *end = memchr(data, '\n', size);
		size_t part = end ? (size_t)(end - data) : size;
		result = append(&stream->element, stream->max, data, part, err);
		if (result == 0 && end && stream->element.size)
			result = deliver(stream, err);
		part += end ? 1 : 0;
		data += part;
		size -= part;
	}
	return result;
}

/* A byte within a string; true: it goes on. */
static void step_string(struct stream *stream, char byte)
{
	if (stream->escaped)
		stream->escaped = false;
	else if (byte == '\\')
		stream->escaped = true;
	else if (byte == '"')
		stream->quoted = false;
	if (stream->depth == 1 && stream->quoted && stream->key_size < sizeof(stream->key))
		stream->key[stream->key_size++] = byte;
}

/* -1: the bracket has no partner. 1: with this byte the items begin. 2: they end. */
static int step_bracket(struct stream *stream, char byte)
{
	bool items = stream->items;

	switch (byte) {
	case '"':
		stream->quoted = true;
		if (stream->depth == 1)
			stream->key_size = 0;
		break;
	case '[':
		if (stream->depth == 1 && stream->key_size == 5 &&
		    memcmp(stream->key, "items", 5) == 0)
			stream->items = true;
		/* fallthrough */
	case '{':
		if (++stream->depth > DEPTH_MAX)
			return -1;
		break;
	case ']':
	case '}':
		if (stream->depth == 0)
			return -1;
		if (--stream->depth == 1)
			stream->items = false;
		break;
	default:
		break;
	}
	if (items == stream->items)
		return 0;
	return stream->items ? 1 : 2;
}

static bool is_between(char byte)
{
	return byte == ',' || byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* How many bytes from the first on need no look of their own. */
static size_t plain(const struct stream *stream, const char *data, size_t size)
{
	size_t count = 0;

	if (stream->quoted) {
		if (stream->escaped || stream->depth == 1)
			return 0;
		while (count < size && data[count] != '"' && data[count] != '\\')
			count++;
		return count;
	}
	while (count < size && data[count] != '"' && !strchr("[]{}", data[count]))
		count++;
	return stream->items && stream->depth == 2 ? 0 : count;
}

static int feed_list(struct stream *stream, const char *data, size_t size, struct kinc_error *err)
{
	int result = 0;

	while (size && result == 0) {
		size_t part = plain(stream, data, size);
		bool was_items = stream->items;
		int turn = 0;
		if (part == 0) {
			part = 1;
			if (stream->quoted)
				step_string(stream, *data);
			else
				turn = step_bracket(stream, *data);
		}
		if (turn < 0)
			return kinc_error_set(err, EPROTO, "the answer is no JSON");
		/* Both brackets of the items belong to the frame. */
		if (!was_items || turn == 2)
			result = append(&stream->frame, FRAME_MAX, data, part, err);
		else if (stream->element.size || !is_between(*data))
			result = append(&stream->element, stream->max, data, part, err);
		if (result == 0 && stream->items && stream->depth == 2 && !stream->quoted &&
		    (*data == '}' || *data == ']') && stream->element.size)
			result = deliver(stream, err);
		data += part;
		size -= part;
	}
	return result;
}

void stream_begin(struct stream *stream, enum stream_mode mode)
{
	assert(stream->object && stream->max);
	stream->mode = mode;
	stream->element.size = stream->frame.size = 0;
	stream->depth = 0;
	stream->key_size = 0;
	stream->quoted = stream->escaped = stream->items = false;
}

int stream_feed(struct stream *stream, const char *data, size_t size, struct kinc_error *err)
{
	return stream->mode == STREAM_LINES ? feed_lines(stream, data, size, err)
					    : feed_list(stream, data, size, err);
}

int stream_end(struct stream *stream, const char **ret_frame, size_t *ret_size,
	       struct kinc_error *err)
{
	if (stream->element.size || stream->depth || stream->quoted ||
	    (stream->mode == STREAM_LIST && stream->frame.size == 0))
		return kinc_error_set(err, EPROTO, "the answer was cut off");
	*ret_frame = stream->frame.data;
	*ret_size = stream->frame.size;
	return 0;
}

void stream_release(struct stream *stream)
{
	free(stream->element.data);
	free(stream->frame.data);
	stream->element = stream->frame = (struct stream_buffer){0};
}
