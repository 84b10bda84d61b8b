/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "json_write.h"
#include "spec.h"

static char *bundle_spec(const char *bundle, struct kinc_error *err)
{
	char *path = NULL;

	if (asprintf(&path, "%s/config.json", bundle) < 0) {
		kinc_error_errno(err, ENOMEM, "reading %s", bundle);
		return NULL;
	}
	return path;
}

static void explain_json(const char *path, const struct report *report, const char *refused)
{
	json_write_member(stdout, "{", "spec", path);
	json_write_member(stdout, ",", "refused", refused);
	fputs(",\"changes\":", stdout);
	report_write_json(report, stdout);
	fputs("}\n", stdout);
}

int explain_bundle(const char *bundle, bool json, struct kinc_error *err)
{
	cleanup_free char *path = bundle_spec(bundle, err);
	cleanup_spec struct spec spec = {0};
	struct kinc_error refusal = {0};

	if (!path)
		return -ENOMEM;
	int result = spec_load(&spec, path, SPEC_CONFIG, false, &refusal);
	if (result < 0 && spec.doc.count == 0)
		return kinc_error_set(err, refusal.code, "%s", refusal.message);
	if (json) {
		explain_json(path, &spec.rewrite.report, result < 0 ? refusal.message : NULL);
	} else if (result < 0) {
		printf("refused: %s\n", refusal.message);
	} else if (spec.rewrite.report.count == 0) {
		printf("nothing would be changed\n");
	} else {
		report_write_text(&spec.rewrite.report, stdout);
	}
	return result < 0 ? kinc_error_set(err, EPERM, "%s", refusal.message) : 0;
}

int explain_dry_run(const char *bundle, struct kinc_error *err)
{
	cleanup_free char *path = bundle_spec(bundle, err);
	cleanup_spec struct spec spec = {0};
	cleanup_free char *text = NULL;
	size_t size;

	if (!path)
		return -ENOMEM;
	int result = spec_load(&spec, path, SPEC_CONFIG, false, err);
	if (result == 0)
		result = splice_apply(&spec.rewrite.splice, &text, &size, err);
	if (result == 0 && fwrite(text, 1, size, stdout) != size)
		result = kinc_error_errno(err, errno, "cannot write");
	return result;
}
