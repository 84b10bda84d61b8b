/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "builtin.h"
#include "cleanup.h"
#include "expand.h"
#include "io.h"
#include "json_span.h"
#include "report.h"

#define TEMPLATE_FILE_MAX ((size_t)4 << 20)

static int make_parent(const char *path, struct kinc_error *err)
{
	char parent[4096];

	if (snprintf(parent, sizeof(parent), "%s", path) >= (int)sizeof(parent))
		return kinc_error_set(err, ENAMETOOLONG, "%s is too long", path);
	char *slash = strrchr(parent, '/');
	if (!slash || slash == parent)
		return 0;
	*slash = '\0';
	return kinc_make_directories(parent, 0755, err);
}

static int render_one(const char *source, const char *target, int mode,
		      const struct variables *variables, struct kinc_error *err)
{
	cleanup_free char *text = NULL, *expanded = NULL;
	size_t size = 0, offset = 0;
	unsigned line, column;

	int result = kinc_read_file(AT_FDCWD, source, TEMPLATE_FILE_MAX, &text, &size, err);
	if (result < 0)
		return result;
	if (strlen(text) != size)
		return kinc_error_set(err, EINVAL, "%s contains NUL bytes", source);
	result = template_expand(text, variables, &expanded, &offset, err);
	if (result < 0) {
		kinc_span_position(text, size, offset, &line, &column);
		return kinc_error_prefix(err, "%s:%u:%u", source, line, column);
	}
	result = make_parent(target, err);
	if (result < 0)
		return result;
	return kinc_write_file_atomic(target, expanded, strlen(expanded), (mode_t)mode, err);
}

int builtin_render(const struct unit *unit, const struct builtin_context *context,
		   struct kinc_error *err)
{
	const struct template_spec *templates = unit->templates.items;

	for (size_t i = 0; i < unit->templates.count; i++) {
		cleanup_free char *source = expand_text(templates[i].source, context->variables, err);
		cleanup_free char *target =
			source ? expand_text(templates[i].target, context->variables, err) : NULL;
		if (!target)
			return -err->code;
		const char *from = source;
		if (templates[i].override && access(templates[i].override, F_OK) == 0) {
			from = templates[i].override;
			report_send(context->report, REPORT_NOTE, "%s is made from %s", target,
				    from);
		}
		int result = render_one(from, target, templates[i].mode, context->variables, err);
		if (result < 0)
			return result;
	}
	return 0;
}
