/* SPDX-License-Identifier: MIT */
/*
 * Unit files: two texts, split at the first NUL, for a unit and a template that
 * it may name instances of.
 */
#include <stdint.h>

#include "init/address.c"
#include "init/arena.c"
#include "init/capability.c"
#include "init/complaints.c"
#include "init/graph.c"
#include "init/graph_fault.c"
#include "init/graph_print.c"
#include "init/log_level.c"
#include "init/template.c"
#include "init/unit_check.c"
#include "init/unit_instance.c"
#include "init/unit_keys.c"
#include "init/unit_load.c"
#include "init/unit_process.c"
#include "init/signal_name.c"
#include "init/unit_read.c"
#include "init/unit_read_names.c"
#include "init/unit_ready.c"
#include "init/unit_records.c"
#include "init/unit_set.c"

/* It reads a file, which an input of the fuzzer should not choose. */
int seccomp_profile_check(const char *path, struct kinc_error *err)
{
	(void)path;
	(void)err;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unit_set set = {0};
	struct complaints complaints = {0};
	struct variables variables = {0};
	const char *text = (const char *)data;
	const char *split = size ? memchr(text, 0, size) : NULL;
	size_t first = split ? (size_t)(split - text) : size;

	units_add(&set, "a", "a.json", text, first, &variables, true, &complaints);
	if (split)
		units_add(&set, "b@", "b@.json", split + 1, size - first - 1, &variables, false,
			  &complaints);
	units_finish(&set, &complaints);
	graph_resolve(&set, &complaints);
	struct unit *target = unit_find(&set, "a");
	if (target && complaints.count == 0)
		graph_mark_needed(&set, target);
	units_free(&set);
	complaints_free(&complaints);
	return 0;
}
