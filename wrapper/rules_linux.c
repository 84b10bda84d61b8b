/* SPDX-License-Identifier: MIT */
/* Rules for the linux object: cgroup limits and devices. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "rewrite.h"

/* Which controller a member of linux.resources is written to. */
static const struct {
	const char *path;
	enum controller controller;
	const char *name;
} resources[] = {
	{"memory", CONTROLLER_MEMORY, "memory"}, {"pids", CONTROLLER_PIDS, "pids"},
	{"blockIO", CONTROLLER_IO, "io"},	 {"hugepageLimits", CONTROLLER_HUGETLB, "hugetlb"},
	{"rdma", CONTROLLER_RDMA, "rdma"},	 {"network", CONTROLLER_NETWORK, "net_cls"},
};

static const struct {
	const char *member;
	enum controller controller;
	const char *name;
} cpu_members[] = {
	{"shares", CONTROLLER_CPU, "cpu"},
	{"quota", CONTROLLER_CPU, "cpu"},
	{"burst", CONTROLLER_CPU, "cpu"},
	{"period", CONTROLLER_CPU, "cpu"},
	{"realtimeRuntime", CONTROLLER_CPU, "cpu"},
	{"realtimePeriod", CONTROLLER_CPU, "cpu"},
	{"idle", CONTROLLER_CPU, "cpu"},
	{"cpus", CONTROLLER_CPUSET, "cpuset"},
	{"mems", CONTROLLER_CPUSET, "cpuset"},
};

static int remove_limit(struct rewrite *rewrite, const struct rule *rule, uint32_t node,
			const char *parent, const char *name, const char *controller,
			struct kinc_error *err)
{
	const struct kinc_span_node *n = &rewrite->doc->nodes[node];
	int64_t value;

	/* null, {} and 0 limit nothing, so nobody refuses them. */
	if (n->type == KINC_SPAN_NULL ||
	    (n->type <= KINC_SPAN_ARRAY && n->child == KINC_SPAN_NONE) ||
	    (kinc_span_int64(rewrite->doc, node, &value, NULL) == 0 && value == 0))
		return 0;
	return rewrite_edit(rewrite, rule, node, NULL, err,
			    "linux.resources.%s%s|because the cgroup controller %s is not "
			    "delegated to this node",
			    parent, name, controller);
}

static int cpu_resources(struct rewrite *rewrite, const struct rule *rule, uint32_t node,
			 struct kinc_error *err)
{
	uint32_t cpu, member;
	int result = rewrite_find(rewrite, node, "cpu", &cpu, err);

	for (size_t i = 0; result == 0 && i < sizeof(cpu_members) / sizeof(cpu_members[0]); i++) {
		if (rewrite->facts->controllers & cpu_members[i].controller)
			continue;
		result = rewrite_find(rewrite, cpu, cpu_members[i].member, &member, err);
		if (result == 0 && member != KINC_SPAN_NONE)
			result = remove_limit(rewrite, rule, member, "cpu.", cpu_members[i].member,
					      cpu_members[i].name, err);
	}
	return result;
}

/*
 * Keys of linux.resources.unified are names of files, of which "cgroup.*" and
 * those without a controller known here are left for crun to judge.
 */
static int unified_resources(struct rewrite *rewrite, const struct rule *rule, uint32_t node,
			     struct kinc_error *err)
{
	uint32_t unified;
	int result = rewrite_find(rewrite, node, "unified", &unified, err);

	if (result < 0 || unified == KINC_SPAN_NONE || !rewrite->facts->cgroup2 ||
	    rewrite->doc->nodes[unified].type != KINC_SPAN_OBJECT)
		return result;
	for (uint32_t each = rewrite_first(rewrite, unified); each != KINC_SPAN_NONE && result == 0;
	     each = rewrite_next(rewrite, each)) {
		cleanup_free char *key = NULL;
		result = kinc_span_key(rewrite->doc, each, &key, NULL, err);
		if (result < 0)
			return result;
		size_t length = strcspn(key, ".");
		unsigned controller = facts_controller(key, length);
		if (!controller || rewrite->facts->controllers & controller)
			continue;
		char name[16];
		snprintf(name, sizeof(name), "%.*s", (int)length, key);
		result = remove_limit(rewrite, rule, each, "unified.", key, name, err);
	}
	return result;
}

/*
 * crun ends a container whose limit has no controller. linux.resources.devices
 * needs none (it is a BPF program, which crun leaves out in a user namespace).
 */
int rule_resources(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err)
{
	uint32_t node, limit;
	int result = rewrite_find(rewrite, rewrite->linux_node, "resources", &node, err);

	for (size_t i = 0; result == 0 && i < sizeof(resources) / sizeof(resources[0]); i++) {
		if (rewrite->facts->controllers & resources[i].controller)
			continue;
		result = rewrite_find(rewrite, node, resources[i].path, &limit, err);
		if (result == 0 && limit != KINC_SPAN_NONE)
			result = remove_limit(rewrite, rule, limit, "", resources[i].path,
					      resources[i].name, err);
	}
	if (result == 0)
		result = cpu_resources(rewrite, rule, node, err);
	if (result == 0)
		result = unified_resources(rewrite, rule, node, err);
	return result;
}

/*
 * Why crun could not give the container that device, or NULL. In a user
 * namespace it binds the node of the same path: a node of another number there
 * would be another device than the one asked for.
 */
static const char *device_missing(const struct rewrite *rewrite, uint32_t element, const char *path,
				  int *ret_result, struct kinc_error *err)
{
	uint32_t type, major_node = KINC_SPAN_NONE, minor_node = KINC_SPAN_NONE;
	uint64_t major_number, minor_number;
	mode_t mode = 0;
	dev_t number = 0;

	*ret_result = rewrite_find(rewrite, element, "type", &type, err);
	if (*ret_result == 0)
		*ret_result = rewrite_find(rewrite, element, "major", &major_node, err);
	if (*ret_result == 0)
		*ret_result = rewrite_find(rewrite, element, "minor", &minor_node, err);
	if (*ret_result < 0)
		return NULL;
	int status = rewrite->facts->device(path, &mode, &number);
	if (status == -ENOENT || status == -ENOTDIR)
		return "there is no such device on this node";
	if (status < 0 || type == KINC_SPAN_NONE || kinc_span_string_is(rewrite->doc, type, "p") ||
	    major_node == KINC_SPAN_NONE || minor_node == KINC_SPAN_NONE ||
	    kinc_span_uint64(rewrite->doc, major_node, &major_number, NULL) < 0 ||
	    kinc_span_uint64(rewrite->doc, minor_node, &minor_number, NULL) < 0)
		return NULL;
	bool block = kinc_span_string_is(rewrite->doc, type, "b");
	if ((block ? S_ISBLK(mode) : S_ISCHR(mode)) && major(number) == major_number &&
	    minor(number) == minor_number)
		return NULL;
	return "the node of that path is another device here";
}

int rule_devices(struct rewrite *rewrite, const struct rule *rule, struct kinc_error *err)
{
	uint32_t devices, path_node;
	unsigned index = 0;
	int result = rewrite_find(rewrite, rewrite->linux_node, "devices", &devices, err);

	/* Outside of user namespaces crun makes the nodes itself. */
	if (result < 0 || devices == KINC_SPAN_NONE ||
	    (rewrite->facts->initial_userns && !rewrite->own_userns))
		return result;
	for (uint32_t each = rewrite_first(rewrite, devices); each != KINC_SPAN_NONE && result == 0;
	     each = rewrite_next(rewrite, each), index++) {
		cleanup_free char *path = NULL;
		result = rewrite_find(rewrite, each, "path", &path_node, err);
		if (result < 0 || path_node == KINC_SPAN_NONE ||
		    kinc_span_string(rewrite->doc, path_node, &path, NULL, NULL) < 0)
			continue;
		const char *missing = device_missing(rewrite, each, path, &result, err);
		if (missing)
			result = rewrite_edit(rewrite, rule, each, NULL, err,
					      "linux.devices[%u]|because %s", index, missing);
	}
	return result;
}
