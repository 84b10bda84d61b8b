/* SPDX-License-Identifier: MIT */
#include "rewrite.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

const struct rule rules[] = {
	{"oom-score", "oomScoreAdj is raised to the lowest value that can be set", rule_oom_score},
	{"user", "a uid or gid without a mapping is refused", rule_user},
	{"groups", "additionalGids without a mapping are removed", rule_groups},
	{"capabilities", "capabilities that the node does not have are removed, all of a helper's",
	 rule_capabilities},
	{"limits", "rlimits are lowered to the node's hard limits", rule_limits},
	{"resources", "limits whose cgroup controller is missing are removed", rule_resources},
	{"devices", "devices whose node is missing here are removed", rule_devices},
	{"seccomp", "a profile that notifies nobody is refused", rule_seccomp},
	{"apparmor", "apparmorProfile is removed where AppArmor is off", rule_apparmor},
	{"selinux", "selinuxLabel and mountLabel are removed where SELinux is off", rule_selinux},
	{NULL, NULL, NULL},
};

#define QUOTE_MAX 200U /* bytes of a removed value that a report quotes */

int rewrite_find(const struct rewrite *rewrite, uint32_t from, const char *names,
		 uint32_t *ret_node, struct kinc_error *err)
{
	char name[64];

	for (;;) {
		size_t length = strcspn(names, "/");
		snprintf(name, sizeof(name), "%.*s", (int)length, names);
		int result = kinc_span_member_once(rewrite->doc, from, name, &from, err);
		if (result < 0)
			return result;
		if (!names[length])
			break;
		names += length + 1;
	}
	*ret_node = from;
	return 0;
}

/* The path, and the reason that stands behind its '|'. */
__attribute__((format(printf, 4, 0))) static int report_format(struct rewrite *rewrite,
							       struct change *change,
							       struct kinc_error *err,
							       const char *format, va_list args)
{
	if (vasprintf(&change->path, format, args) < 0)
		change->path = NULL;
	char *bar = change->path ? strrchr(change->path, '|') : NULL;
	if (bar) {
		*bar = '\0';
		change->reason = strdup(bar + 1);
	}
	return report_add(&rewrite->report, change, err);
}

int rewrite_report(struct rewrite *rewrite, const struct rule *rule, const char *from,
		   const char *to, struct kinc_error *err, const char *format, ...)
{
	struct change change = {
		.rule = rule->name,
		.from = strdup(from),
		.to = to ? strdup(to) : NULL,
	};
	va_list args;

	va_start(args, format);
	int result = report_format(rewrite, &change, err, format, args);
	va_end(args);
	return result;
}

int rewrite_edit(struct rewrite *rewrite, const struct rule *rule, uint32_t node, const char *to,
		 struct kinc_error *err, const char *format, ...)
{
	const struct kinc_span_node *n = &rewrite->doc->nodes[node];
	uint32_t length = n->end - n->start;
	int result = to ? splice_replace(&rewrite->splice, node, to, err)
			: splice_remove(&rewrite->splice, node, err);
	va_list args;

	if (result < 0)
		return result;
	struct change change = {.rule = rule->name, .to = to ? strdup(to) : NULL};
	if (asprintf(&change.from, "%.*s%s", (int)(length > QUOTE_MAX ? QUOTE_MAX : length),
		     rewrite->doc->text + n->start, length > QUOTE_MAX ? "..." : "") < 0)
		change.from = NULL;
	va_start(args, format);
	result = report_format(rewrite, &change, err, format, args);
	va_end(args);
	return result;
}

int rewrite_own_userns(const struct kinc_span_doc *doc, bool *ret_own, struct kinc_error *err)
{
	const struct rewrite rewrite = {.doc = doc};
	uint32_t namespaces, type;
	int result = rewrite_find(&rewrite, 0, "linux/namespaces", &namespaces, err);
	bool own = false;

	if (result < 0)
		return result;
	for (uint32_t each = rewrite_first(&rewrite, namespaces); each != KINC_SPAN_NONE;
	     each = rewrite_next(&rewrite, each)) {
		result = kinc_span_member_once(doc, each, "type", &type, err);
		if (result < 0)
			return result;
		own = own || (type != KINC_SPAN_NONE && kinc_span_string_is(doc, type, "user"));
	}
	*ret_own = own;
	return 0;
}

int rewrite_spec(struct rewrite *rewrite, const struct kinc_span_doc *doc, enum spec_kind kind,
		 const struct facts *facts, bool own_userns, struct kinc_error *err)
{
	int result = 0;

	*rewrite = (struct rewrite){
		.doc = doc,
		.facts = facts,
		.splice = {.doc = doc},
		.process_is_alone = kind == SPEC_PROCESS,
		.process_path = kind == SPEC_CONFIG ? "process." : "",
		.process = kind == SPEC_CONFIG ? KINC_SPAN_NONE : 0,
		.linux_node = KINC_SPAN_NONE,
		.own_userns = own_userns,
	};
	if (kind == SPEC_CONFIG) {
		result = rewrite_find(rewrite, 0, "process", &rewrite->process, err);
		if (result == 0)
			result = rewrite_find(rewrite, 0, "linux", &rewrite->linux_node, err);
		if (result == 0)
			result = rewrite_own_userns(doc, &rewrite->own_userns, err);
	}
	for (const struct rule *rule = rules; result == 0 && rule->name; rule++)
		result = rule->apply(rewrite, rule, err);
	return result;
}

void rewrite_release(struct rewrite *rewrite)
{
	splice_release(&rewrite->splice);
	report_release(&rewrite->report);
}
