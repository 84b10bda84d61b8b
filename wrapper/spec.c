/* SPDX-License-Identifier: MIT */
#include "spec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "cleanup.h"
#include "io.h"

int spec_load(struct spec *spec, const char *path, enum spec_kind kind, bool own_userns,
	      struct kinc_error *err)
{
	int result =
		kinc_read_file(AT_FDCWD, path, KINC_SPAN_MAX_SIZE, &spec->text, &spec->size, err);

	if (result == 0)
		result = kinc_span_parse(path, spec->text, spec->size, &spec->doc, err);
	if (result == 0)
		result = facts_gather(&spec->facts, err);
	if (result == 0)
		result = rewrite_spec(&spec->rewrite, &spec->doc, kind, &spec->facts, own_userns,
				      err);
	return result;
}

void spec_release(struct spec *spec)
{
	int saved = errno;

	rewrite_release(&spec->rewrite);
	kinc_span_release(&spec->doc);
	free(spec->text);
	spec->text = NULL;
	errno = saved;
}
