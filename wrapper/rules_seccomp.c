/* SPDX-License-Identifier: MIT */
/* The seccomp profile: never loosened, so only looked at. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewrite.h"

static int is_notify(const struct rewrite *rewrite, uint32_t object, const char *member,
		     bool *ret_is, struct kinc_error *err)
{
	uint32_t action;
	int result = rewrite_find(rewrite, object, member, &action, err);

	*ret_is = result == 0 && action != KINC_SPAN_NONE &&
		  kinc_span_string_is(rewrite->doc, action, "SCMP_ACT_NOTIFY");
	return result;
}

/* Where crun looks for who is to be notified; RUN_OCI_SECCOMP_RECEIVER is in facts. */
static int has_listener(const struct rewrite *rewrite, uint32_t seccomp, bool *ret_has,
			struct kinc_error *err)
{
	static const char *const names[] = {"run.oci.seccomp.receiver", "run.oci.seccomp.plugins"};
	uint32_t node, annotations;
	int result = rewrite_find(rewrite, seccomp, "listenerPath", &node, err);
	bool has = result == 0 && node != KINC_SPAN_NONE &&
		   !kinc_span_string_is(rewrite->doc, node, "");

	if (result == 0)
		result = rewrite_find(rewrite, 0, "annotations", &annotations, err);
	for (size_t i = 0; result == 0 && i < sizeof(names) / sizeof(names[0]); i++) {
		result = kinc_span_member_once(rewrite->doc, annotations, names[i], &node, err);
		has = has || (result == 0 && node != KINC_SPAN_NONE);
	}
	*ret_has = has || rewrite->facts->seccomp_receiver;
	return result;
}

/*
 * Without a listener the kernel answers ENOSYS to every call that the profile
 * hands over: the pod would run, and fail in ways that nobody can explain.
 */
int rule_seccomp(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err)
{
	uint32_t seccomp, calls = KINC_SPAN_NONE;
	bool notifies, listened;
	int result = rewrite_find(rewrite, rewrite->linux_node, "seccomp", &seccomp, err);

	(void)rule;
	if (result < 0 || seccomp == KINC_SPAN_NONE)
		return result;
	result = is_notify(rewrite, seccomp, "defaultAction", &notifies, err);
	if (result == 0)
		result = rewrite_find(rewrite, seccomp, "syscalls", &calls, err);
	for (uint32_t each = result == 0 ? rewrite_first(rewrite, calls) : KINC_SPAN_NONE;
	     each != KINC_SPAN_NONE && result == 0 && !notifies; each = rewrite_next(rewrite, each))
		result = is_notify(rewrite, each, "action", &notifies, err);
	if (result < 0 || !notifies)
		return result;
	result = has_listener(rewrite, seccomp, &listened, err);
	if (result < 0 || listened)
		return result;
	return kinc_error_set(err, EINVAL,
			      "the seccomp profile of this container hands system calls to a "
			      "listener (SCMP_ACT_NOTIFY), but names none (listenerPath); "
			      "use a profile without it, or a runtime that provides the listener");
}
