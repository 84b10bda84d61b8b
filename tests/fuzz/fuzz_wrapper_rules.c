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

#include "tests/unit/wrapper_node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int pass(const struct facts *facts, const char *text, size_t size, enum spec_kind kind,
		char **ret_text, size_t *ret_size)
{
	struct kinc_span_doc doc;
	struct rewrite rewrite;
	struct kinc_error err = {0};
	int changes = -1;

	if (kinc_span_parse("fuzz", text, size, &doc, &err) < 0)
		return -1;
	if (rewrite_spec(&rewrite, &doc, kind, facts, false, &err) == 0 &&
	    splice_apply(&rewrite.splice, ret_text, ret_size, &err) == 0)
		changes = (int)rewrite.report.count;
	rewrite_release(&rewrite);
	kinc_span_release(&doc);
	return changes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum spec_kind kind = size && data[0] == ' ' ? SPEC_PROCESS : SPEC_CONFIG;

	for (int rich = 0; rich < 2; rich++) {
		struct facts facts = node_facts();
		if (rich) {
			facts.oom_score_adj_min = -1000;
			facts.capabilities = UINT64_MAX;
			facts.controllers = ~0U;
			facts.may_raise_limits = facts.apparmor = facts.selinux = true;
		}
		char *once = NULL, *twice = NULL;
		size_t once_size = 0, twice_size = 0;
		int changes = pass(&facts, (const char *)data, size, kind, &once, &once_size);

		if (changes == 0 && (once_size != size || memcmp(once, data, size) != 0))
			abort();
		if (changes >= 0 && pass(&facts, once, once_size, kind, &twice, &twice_size) != 0)
			abort();
		free(once);
		free(twice);
	}
	return 0;
}
