/* SPDX-License-Identifier: MIT */
#include "state.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "io.h"
#include "json_span.h"
#include "rewrite.h"

static int read_state(const char *root, const char *id, const char *file, char **ret_text,
		      size_t *ret_size)
{
	const char *runtime_dir = getenv("XDG_RUNTIME_DIR");
	cleanup_free char *path = NULL;
	int length;

	/* crun's own order of precedence. */
	if (root)
		length = asprintf(&path, "%s/%s/%s", root, id, file);
	else if (runtime_dir && *runtime_dir)
		length = asprintf(&path, "%s/crun/%s/%s", runtime_dir, id, file);
	else
		length = asprintf(&path, "/run/crun/%s/%s", id, file);
	if (length < 0) {
		path = NULL;
		return -1;
	}
	return kinc_read_file(AT_FDCWD, path, KINC_SPAN_MAX_SIZE, ret_text, ret_size, NULL);
}

static bool process_runs(int64_t pid)
{
	char path[48];
	cleanup_free char *text = NULL;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
	if (kinc_read_file(AT_FDCWD, path, 4096, &text, NULL, NULL) < 0)
		return false;
	/* The name in parentheses may contain anything, also parentheses. */
	const char *state = strrchr(text, ')');
	return state && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
}

bool state_is_running(const char *root, const char *id)
{
	cleanup_free char *text = NULL;
	cleanup_span struct kinc_span_doc doc = {0};
	size_t size;
	int64_t pid;

	if (read_state(root, id, "status", &text, &size) < 0 ||
	    kinc_span_parse("status", text, size, &doc, NULL) < 0)
		return false;
	uint32_t node = kinc_span_member(&doc, 0, "pid");
	return node != KINC_SPAN_NONE && kinc_span_int64(&doc, node, &pid, NULL) == 0 && pid > 0 &&
	       process_runs(pid);
}

bool state_own_userns(const char *root, const char *id)
{
	cleanup_free char *text = NULL;
	cleanup_span struct kinc_span_doc doc = {0};
	size_t size;
	bool own = false;

	return read_state(root, id, "config.json", &text, &size) == 0 &&
	       kinc_span_parse("config.json", text, size, &doc, NULL) == 0 &&
	       rewrite_own_userns(&doc, &own, NULL) == 0 && own;
}
