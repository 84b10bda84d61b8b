/* SPDX-License-Identifier: MIT */
/* Any spec: what the rules make of it is JSON, and a second pass finds nothing. */
#include "wrapper/facts.c"
#include "wrapper/json_write.c"
#include "wrapper/report.c"
#include "wrapper/rewrite.c"
#include "wrapper/rules_capabilities.c"
#include "wrapper/rules_linux.c"
#include "wrapper/rules_process.c"
#include "wrapper/rules_seccomp.c"
#include "wrapper/splice.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int no_device(const char *path, mode_t *ret_mode, dev_t *ret_number)
{
	(void)path, (void)ret_mode, (void)ret_number;
	return -ENOENT;
}

static int pass(const char *text, size_t size, enum spec_kind kind, char **ret_text,
		size_t *ret_size)
{
	struct facts facts = {.uids = {{{0, 65536}}, 1},
			      .gids = {{{0, 65536}}, 1},
			      .oom_score_adj_min = 100,
			      .cgroup2 = true,
			      .device = no_device};
	struct kinc_span_doc doc;
	struct rewrite rewrite;
	struct kinc_error err = {0};
	int changes = -1;

	if (kinc_span_parse("fuzz", text, size, &doc, &err) < 0)
		return -1;
	if (rewrite_spec(&rewrite, &doc, kind, &facts, false, &err) == 0 &&
	    splice_apply(&rewrite.splice, ret_text, ret_size, &err) == 0)
		changes = (int)rewrite.report.count;
	rewrite_release(&rewrite);
	kinc_span_release(&doc);
	return changes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *once = NULL, *twice = NULL;
	size_t once_size = 0, twice_size = 0;
	enum spec_kind kind = size && data[0] == ' ' ? SPEC_PROCESS : SPEC_CONFIG;
	int changes = pass((const char *)data, size, kind, &once, &once_size);

	if (changes == 0 && (once_size != size || memcmp(once, data, size) != 0))
		abort();
	if (changes >= 0 && pass(once, once_size, kind, &twice, &twice_size) != 0)
		abort();
	free(once);
	free(twice);
	return 0;
}
