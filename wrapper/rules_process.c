/* SPDX-License-Identifier: MIT */
/* Rules for the process object: who it runs as and within which limits. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "rewrite.h"

/*
 * The kernel lets a value be lowered only down to oom_score_adj_min. Raising
 * keeps the order of 997, 998 and 1000 that kubelet gives, which removing the
 * field would not.
 */
int rule_oom_score(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err)
{
	int floor = rewrite->facts->oom_score_adj_min;
	uint32_t node;
	int64_t value;
	int result = rewrite_find(rewrite, rewrite->process, "oomScoreAdj", &node, err);

	if (result < 0 || node == KINC_SPAN_NONE)
		return result;
	/* What is no integer is for crun to refuse. */
	if (kinc_span_int64(rewrite->doc, node, &value, NULL) < 0 || value >= floor)
		return 0;
	char text[16];
	snprintf(text, sizeof(text), "%d", floor);
	return rewrite_edit(rewrite, rule, node, text, err,
			    "%soomScoreAdj|because %d is the lowest value that can be set here",
			    rewrite->process_path, floor);
}

static int check_id(const struct rewrite *rewrite, const char *what, const char *name,
		    const struct id_map *map, struct kinc_error *err)
{
	char path[32];
	uint32_t node;
	uint64_t value;

	snprintf(path, sizeof(path), "user/%s", name);
	int result = rewrite_find(rewrite, rewrite->process, path, &node, err);
	if (result < 0 || node == KINC_SPAN_NONE)
		return result;
	if (kinc_span_uint64(rewrite->doc, node, &value, NULL) < 0 || value > UINT32_MAX ||
	    id_map_has(map, (uint32_t)value))
		return 0;
	uint32_t highest = 0;
	for (size_t i = 0; i < map->count; i++)
		if (map->ranges[i].first + (map->ranges[i].count - 1) > highest)
			highest = map->ranges[i].first + (map->ranges[i].count - 1);
	return kinc_error_set(
		err, EINVAL,
		"this node cannot run a process as %s %" PRIu64
		": its user namespace maps no such id (the highest is %" PRIu32
		"); set %s to a mapped id, or give the host user more subordinate ids",
		name, value, highest, what);
}

/*
 * Never rewritten: running as another user than the one asked for would be a
 * lie about isolation.
 */
int rule_user(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err)
{
	(void)rule;
	if (rewrite->own_userns)
		return 0;
	int result = check_id(rewrite, "runAsUser", "uid", &rewrite->facts->uids, err);
	return result < 0 ? result
			  : check_id(rewrite, "runAsGroup", "gid", &rewrite->facts->gids, err);
}

int rule_groups(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err)
{
	uint32_t groups;
	unsigned index = 0;
	int result = rewrite_find(rewrite, rewrite->process, "user/additionalGids", &groups, err);

	if (result < 0 || rewrite->own_userns)
		return result;
	for (uint32_t each = rewrite_first(rewrite, groups); each != KINC_SPAN_NONE && result == 0;
	     each = rewrite_next(rewrite, each), index++) {
		uint64_t value;
		if (kinc_span_uint64(rewrite->doc, each, &value, NULL) < 0 || value > UINT32_MAX ||
		    id_map_has(&rewrite->facts->gids, (uint32_t)value))
			continue;
		result = rewrite_edit(rewrite, rule, each, NULL, err,
				      "%suser.additionalGids[%u]"
				      "|because this node's user namespace does not map that group",
				      rewrite->process_path, index);
	}
	return result;
}

static const struct {
	const char *name;
	int resource;
} limit_names[] = {
	{"RLIMIT_AS", RLIMIT_AS},
	{"RLIMIT_CORE", RLIMIT_CORE},
	{"RLIMIT_CPU", RLIMIT_CPU},
	{"RLIMIT_DATA", RLIMIT_DATA},
	{"RLIMIT_FSIZE", RLIMIT_FSIZE},
	{"RLIMIT_LOCKS", RLIMIT_LOCKS},
	{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
	{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
	{"RLIMIT_NICE", RLIMIT_NICE},
	{"RLIMIT_NOFILE", RLIMIT_NOFILE},
	{"RLIMIT_NPROC", RLIMIT_NPROC},
	{"RLIMIT_RSS", RLIMIT_RSS},
	{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
	{"RLIMIT_RTTIME", RLIMIT_RTTIME},
	{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
	{"RLIMIT_STACK", RLIMIT_STACK},
};

/* The highest value that setrlimit(2) takes for the limit of that type. */
static uint64_t limit_ceiling(const struct rewrite *rewrite, uint32_t type)
{
	const struct facts *facts = rewrite->facts;

	for (size_t i = 0; i < sizeof(limit_names) / sizeof(limit_names[0]); i++) {
		if (!kinc_span_string_is(rewrite->doc, type, limit_names[i].name))
			continue;
		int resource = limit_names[i].resource;
		if (resource == RLIMIT_NOFILE &&
		    (facts->may_raise_limits || facts->hard_limit[resource] > facts->nofile_max))
			return facts->nofile_max;
		return facts->may_raise_limits ? RLIM_INFINITY : facts->hard_limit[resource];
	}
	return RLIM_INFINITY;
}

static int limit_element(struct rewrite *rewrite, const struct rule *rule, uint32_t element,
			 unsigned index, struct kinc_error *err)
{
	static const char *const bounds[] = {"hard", "soft"};
	uint32_t type;
	int result = rewrite_find(rewrite, element, "type", &type, err);

	if (result < 0 || type == KINC_SPAN_NONE)
		return result;
	uint64_t ceiling = limit_ceiling(rewrite, type);
	for (size_t i = 0; result == 0 && i < 2; i++) {
		uint32_t node;
		uint64_t value;
		result = rewrite_find(rewrite, element, bounds[i], &node, err);
		if (result < 0 || node == KINC_SPAN_NONE ||
		    kinc_span_uint64(rewrite->doc, node, &value, NULL) < 0 || value <= ceiling)
			continue;
		char text[24];
		snprintf(text, sizeof(text), "%" PRIu64, ceiling);
		result = rewrite_edit(rewrite, rule, node, text, err,
				      "%srlimits[%u].%s|because that is the node's hard limit",
				      rewrite->process_path, index, bounds[i]);
	}
	return result;
}

int rule_limits(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err)
{
	uint32_t limits;
	unsigned index = 0;
	int result = rewrite_find(rewrite, rewrite->process, "rlimits", &limits, err);

	if (result < 0)
		return result;
	for (uint32_t each = rewrite_first(rewrite, limits); each != KINC_SPAN_NONE && result == 0;
	     each = rewrite_next(rewrite, each))
		result = limit_element(rewrite, rule, each, index++, err);
	return result;
}

int rule_apparmor(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err)
{
	uint32_t node;
	int result = rewrite_find(rewrite, rewrite->process, "apparmorProfile", &node, err);

	if (result < 0 || node == KINC_SPAN_NONE || rewrite->facts->apparmor)
		return result;
	return rewrite_edit(rewrite, rule, node, NULL, err,
			    "%sapparmorProfile|because AppArmor is off in this kernel",
			    rewrite->process_path);
}

int rule_selinux(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err)
{
	uint32_t process_label = KINC_SPAN_NONE, mount_label = KINC_SPAN_NONE;
	int result = rewrite_find(rewrite, rewrite->process, "selinuxLabel", &process_label, err);

	if (result == 0)
		result =
			rewrite_find(rewrite, rewrite->linux_node, "mountLabel", &mount_label, err);
	if (result < 0 || rewrite->facts->selinux)
		return result;
	if (process_label != KINC_SPAN_NONE)
		result = rewrite_edit(rewrite, rule, process_label, NULL, err,
				      "%sselinuxLabel|because SELinux is off in this kernel",
				      rewrite->process_path);
	if (result == 0 && mount_label != KINC_SPAN_NONE)
		result = rewrite_edit(rewrite, rule, mount_label, NULL, err,
				      "linux.mountLabel|because SELinux is off in this kernel");
	return result;
}
