/* SPDX-License-Identifier: MIT */
#ifndef NETD_STREAM_H
#define NETD_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum stream_mode {
	STREAM_LINES, /* a watch: one object a line */
	STREAM_LIST,  /* a list: the elements of its member "items", and the rest of it */
};

/*
 * Takes an answer of the API server apart while it arrives, in pieces of any
 * size, so that the memory it costs is that of its largest object. Only where
 * objects begin and end is looked at; whether they are JSON, who parses them
 * sees. A zeroed struct is an idle one.
 */
struct stream {
	enum stream_mode mode;
	/* One whole object, not NUL-terminated; a negative result stops the stream. */
	int (*object)(struct stream *stream, const char *text, size_t size, struct kinc_error *err);
	size_t max; /* bytes of one object */

	struct stream_buffer {
		char *data;
		size_t size, room;
	} element, frame; /* frame: a list without its items */
	unsigned depth;
	bool quoted, escaped, items;
	char key[8]; /* the last string of the frame, as far as it matters */
	size_t key_size;
};

void stream_begin(struct stream *stream, enum stream_mode mode);

/* EFBIG: an object (or all of a list that is no item) is over stream->max. EPROTO. */
int stream_feed(struct stream *stream, const char *data, size_t size, struct kinc_error *err);

/*
 * The answer has ended. EPROTO when it was cut. Of a list, *ret_frame (which
 * stays the stream's, until the next stream_begin) is what is left of it.
 */
int stream_end(struct stream *stream, const char **ret_frame, size_t *ret_size,
	       struct kinc_error *err);
void stream_release(struct stream *stream);

#endif
