/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin.h"
#include "cleanup.h"
#include "expand.h"
#include "io.h"
#include "json_span.h"
#include "report.h"
#include "run.h"

#define TEMPLATE_FILE_MAX ((size_t)4 << 20)
enum { CHECK_OUTPUT_MAX = 8 << 20, CHECK_TIMEOUT_MS = 30000 };

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

/* "W1125 18:10:01.441925 13 kubelet.go:213] ...", as programs of Kubernetes log. */
static bool is_log_line(const char *line)
{
	return line[0] && strchr("IWEF", line[0]) && strspn(line + 1, "0123456789") == 4 &&
	       line[5] == ' ';
}

/*
 * What a check said, on one line. When it refused, that is all but what it
 * logged on the way; when it did not, what is called an error in its log.
 */
static void sum_up(const char *said, bool refused, char *text, size_t size)
{
	text[0] = '\0';
	for (const char *line = said; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		int length = (int)strcspn(line, "\n");
		const char *error = memmem(line, (size_t)length, "error", 5);
		size_t used = strlen(text);
		if (length > 0 && (refused ? !is_log_line(line) : error != NULL))
			snprintf(text + used, size - used, "%s%.*s", used ? "; " : "", length, line);
	}
}

/* argv judges a file, whose path is added to it. */
static int judge(const struct strings *argv, const char *source, const char *file, int report,
		 struct kinc_error *err)
{
	cleanup_run_result struct kinc_run_result done = {0};
	cleanup_free const char **words = calloc(argv->count + 2, sizeof(*words));
	char text[600];

	if (!words)
		return kinc_error_errno(err, ENOMEM, "checking %s", source);
	memcpy(words, argv->items, argv->count * sizeof(*words));
	words[argv->count] = file;
	int result = kinc_run(words, CHECK_OUTPUT_MAX, CHECK_TIMEOUT_MS, &done, err);
	if (result < 0)
		return result;
	fputs(done.errors, stderr);
	sum_up(done.errors, done.status != 0, text, sizeof(text));
	if (done.status != 0)
		return kinc_error_set(err, EINVAL,
				      "%s: %s refuses it: %s; correct or remove that file, then "
				      "restart the container",
				      source, words[0], text[0] ? text : "without a word");
	if (text[0])
		report_send(report, REPORT_WARNING, "%s: %s says: %s", source, words[0], text);
	return 0;
}

/* check: NULL, or what must accept the file before it takes its place. */
static int render_one(const char *source, const char *target, int mode,
		      const struct builtin_context *context, const struct strings *check,
		      struct kinc_error *err)
{
	cleanup_free char *text = NULL, *expanded = NULL;
	size_t size = 0, offset = 0;
	unsigned line, column;
	char unchecked[PATH_MAX];

	int result = kinc_read_file(AT_FDCWD, source, TEMPLATE_FILE_MAX, &text, &size, err);
	if (result < 0)
		return result;
	if (strlen(text) != size)
		return kinc_error_set(err, EINVAL, "%s contains NUL bytes", source);
	result = template_expand(text, context->variables, &expanded, &offset, err);
	if (result < 0) {
		kinc_span_position(text, size, offset, &line, &column);
		return kinc_error_prefix(err, "%s:%u:%u", source, line, column);
	}
	result = make_parent(target, err);
	if (result < 0)
		return result;
	if (!check)
		return kinc_write_file_atomic(target, expanded, strlen(expanded), (mode_t)mode, err);
	if (snprintf(unchecked, sizeof(unchecked), "%s.unchecked", target) >= (int)sizeof(unchecked))
		return kinc_error_set(err, ENAMETOOLONG, "%s is too long", target);
	result = kinc_write_file_atomic(unchecked, expanded, strlen(expanded), (mode_t)mode, err);
	if (result == 0)
		result = judge(check, source, unchecked, context->report, err);
	if (result == 0 && rename(unchecked, target) < 0)
		result = kinc_error_errno(err, errno, "cannot replace %s", target);
	if (result < 0)
		unlink(unchecked);
	return result;
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
		const struct strings *check = NULL;
		if (templates[i].override && access(templates[i].override, F_OK) == 0) {
			from = templates[i].override;
			check = templates[i].check.count ? &templates[i].check : NULL;
			report_send(context->report, REPORT_NOTE, "%s is made from %s", target,
				    from);
		}
		int result = render_one(from, target, templates[i].mode, context, check, err);
		if (result < 0)
			return result;
	}
	return 0;
}
