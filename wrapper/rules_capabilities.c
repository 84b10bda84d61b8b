/* SPDX-License-Identifier: MIT */
/* The capabilities of a process: those of the node at most, none for a helper. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

#include "cleanup.h"
#include "rewrite.h"

/* The capability's number, or -1 for a name that libcap does not know. */
static int capability_number(const struct rewrite *rewrite, uint32_t node)
{
	cleanup_free char *name = NULL;
	cap_value_t value;

	if (kinc_span_string(rewrite->doc, node, &name, NULL, NULL) < 0 ||
	    cap_from_name(name, &value) < 0 || value < 0 || value > 63)
		return -1;
	return value;
}

static int capability_set(struct rewrite *rewrite, const struct rule *rule, const char *set,
			  struct kinc_error *err)
{
	char path[48];
	uint32_t node;

	snprintf(path, sizeof(path), "capabilities/%s", set);
	int result = rewrite_find(rewrite, rewrite->process, path, &node, err);
	if (result < 0)
		return result;

	cleanup_free char *removed = NULL;
	size_t removed_size = 0;
	cleanup_file FILE *list = NULL;
	uint64_t named = 0;
	for (uint32_t each = rewrite_first(rewrite, node); each != KINC_SPAN_NONE;
	     each = rewrite_next(rewrite, each)) {
		int number = capability_number(rewrite, each);
		if (number < 0 || rewrite->facts->capabilities >> number & 1)
			continue;
		result = splice_remove(&rewrite->splice, each, err);
		if (result < 0)
			return result;
		if (!list)
			list = open_memstream(&removed, &removed_size);
		if (!list)
			return kinc_error_errno(err, ENOMEM, "editing capabilities");
		/* Each name once: a spec may repeat it a million times. */
		if (!(named >> number & 1))
			fprintf(list, "%s%.*s", named ? " " : "",
				(int)(rewrite->doc->nodes[each].end -
				      rewrite->doc->nodes[each].start - 2),
				rewrite->doc->text + rewrite->doc->nodes[each].start + 1);
		named |= UINT64_C(1) << number;
	}
	if (!list)
		return 0;
	int closed = fclose(steal_ptr(&list));
	if (closed != 0 || !removed)
		return kinc_error_errno(err, ENOMEM, "editing capabilities");
	return rewrite_report(rewrite, rule, removed, NULL, err,
			      "%scapabilities.%s|because the node itself does not have them",
			      rewrite->process_path, set);
}

/*
 * What names a container as the node's own helper, which holds namespaces open
 * and needs no capability for it: the runtime's word for a pod's sandbox, and
 * kinc's annotation for helpers of others. Values are compared whole.
 */
static const struct {
	const char *annotation, *value, *reason;
} helpers[] = {
	{"io.kubernetes.cri.container-type", "sandbox", "it is the pod's sandbox"},
	{"io.kubernetes.cri-o.ContainerType", "sandbox", "it is the pod's sandbox"},
	{"kinc.dev/helper", "true", "its annotation kinc.dev/helper says that it is a helper"},
};

/* *ret_reason stays NULL for a container that is no helper. */
static int find_helper(const struct rewrite *rewrite, const char **ret_reason,
		       struct kinc_error *err)
{
	uint32_t annotations, value;
	int result = rewrite->process_is_alone
			     ? 0
			     : rewrite_find(rewrite, 0, "annotations", &annotations, err);

	*ret_reason = NULL;
	if (rewrite->process_is_alone || result < 0)
		return result;
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		result = kinc_span_member_once(rewrite->doc, annotations, helpers[i].annotation,
					       &value, err);
		if (result < 0)
			return result;
		if (value != KINC_SPAN_NONE &&
		    kinc_span_string_is(rewrite->doc, value, helpers[i].value))
			*ret_reason = helpers[i].reason;
	}
	return 0;
}

static int empty_set(struct rewrite *rewrite, const struct rule *rule, const char *set,
		     const char *reason, struct kinc_error *err)
{
	char path[48];
	uint32_t node;

	snprintf(path, sizeof(path), "capabilities/%s", set);
	int result = rewrite_find(rewrite, rewrite->process, path, &node, err);
	if (result < 0 || rewrite_first(rewrite, node) == KINC_SPAN_NONE)
		return result;
	return rewrite_edit(rewrite, rule, node, "[]", err,
			    "%scapabilities.%s|because %s, which needs none", rewrite->process_path,
			    set, reason);
}

/*
 * capset(2) refuses what is not permitted here, with the whole container. All
 * five sets are cut alike, which keeps ambient within permitted and
 * inheritable as the kernel wants it. A user namespace of the container's own
 * gives every capability over itself.
 */
int rule_capabilities(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err)
{
	static const char *const sets[] = {"bounding", "effective", "inheritable", "permitted",
					   "ambient"};
	const char *helper;
	int result = find_helper(rewrite, &helper, err);

	if (!helper && rewrite->own_userns)
		return result;
	for (size_t i = 0; result == 0 && i < sizeof(sets) / sizeof(sets[0]); i++)
		result = helper ? empty_set(rewrite, rule, sets[i], helper, err)
				: capability_set(rewrite, rule, sets[i], err);
	return result;
}
