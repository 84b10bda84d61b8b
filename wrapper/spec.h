/* SPDX-License-Identifier: MIT */
#ifndef KINC_WRAPPER_SPEC_H
#define KINC_WRAPPER_SPEC_H

#include "facts.h"
#include "rewrite.h"

/*
 * A spec file read, scanned and put through the rules. It owns all that the
 * rewrite points to and must stay where it was filled.
 */
struct spec {
	char *text;
	size_t size;
	struct kinc_span_doc doc;
	struct facts facts;
	struct rewrite rewrite;
};

#define cleanup_spec __attribute__((cleanup(spec_release)))

/*
 * path stays the caller's and must outlive the spec. ENOENT and EACCES when it
 * cannot be opened; EINVAL, EFBIG with a position when it is no spec that can be
 * read safely, or is refused by a rule. Released also after a failure.
 */
int spec_load(struct spec *spec, const char *path, enum spec_kind kind, bool own_userns,
	      struct kinc_error *err);
void spec_release(struct spec *spec);

#endif
