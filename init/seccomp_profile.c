/* SPDX-License-Identifier: MIT */
#include "seccomp_profile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "capability.h"
#include "cleanup.h"
#include "io.h"
#include "seccomp_rule.h"

#define PROFILE_MAX ((size_t)4 << 20)

int profile_keys(const struct profile *profile, uint32_t object, const char *const *known,
		 struct kinc_error *err)
{
	const struct kinc_span_node *nodes = profile->doc->nodes;
	uint32_t twice = kinc_span_duplicate(profile->doc, object);

	if (nodes[object].type != KINC_SPAN_OBJECT)
		return kinc_span_error(profile->doc, object, err, EINVAL, "this must be an object");
	if (twice != KINC_SPAN_NONE)
		return kinc_span_error(profile->doc, twice, err, EINVAL,
				       "this key was given before");
	for (uint32_t item = nodes[object].child; item != KINC_SPAN_NONE; item = nodes[item].next) {
		const char *const *name = known;
		while (*name && !kinc_span_key_is(profile->doc, item, *name))
			name++;
		if (!*name)
			return kinc_span_error(profile->doc, item, err, EINVAL,
					       "a seccomp profile has no such key here");
	}
	return 0;
}

int profile_items(const struct profile *profile, uint32_t object, const char *key,
		  uint32_t *ret_item, struct kinc_error *err)
{
	uint32_t array = kinc_span_member(profile->doc, object, key);

	*ret_item = KINC_SPAN_NONE;
	if (array == KINC_SPAN_NONE || profile->doc->nodes[array].type == KINC_SPAN_NULL)
		return 0;
	if (profile->doc->nodes[array].type != KINC_SPAN_ARRAY)
		return kinc_span_error(profile->doc, array, err, EINVAL, "\"%s\" must be an array",
				       key);
	*ret_item = profile->doc->nodes[array].child;
	return 0;
}

/* As a number (keys[0]), or as a name (keys[1]), which counts where both are. */
static int take_errno(const struct profile *profile, uint32_t object, const char *const keys[2],
		      uint32_t *ret, struct kinc_error *err)
{
	uint32_t node = kinc_span_member(profile->doc, object, keys[1]);
	uint64_t value;

	if (node != KINC_SPAN_NONE && !kinc_span_string_is(profile->doc, node, "")) {
		for (int code = 1; code < 4096; code++) {
			const char *name = strerrorname_np(code);
			if (!name || !kinc_span_string_is(profile->doc, node, name))
				continue;
			*ret = (uint32_t)code;
			return 0;
		}
		return kinc_span_error(profile->doc, node, err, EINVAL,
				       "\"%s\" must name an error such as EPERM", keys[1]);
	}
	node = kinc_span_member(profile->doc, object, keys[0]);
	if (node == KINC_SPAN_NONE || profile->doc->nodes[node].type == KINC_SPAN_NULL)
		return 0;
	if (kinc_span_uint64(profile->doc, node, &value, NULL) < 0 || value > 4095)
		return kinc_span_error(profile->doc, node, err, EINVAL,
				       "\"%s\" must be a number from 0 to 4095", keys[0]);
	*ret = (uint32_t)value;
	return 0;
}

int profile_action(const struct profile *profile, uint32_t object, const char *key,
		   const char *const errno_keys[2], uint32_t *ret, struct kinc_error *err)
{
	static const struct {
		const char *name;
		uint32_t action;
	} actions[] = {
		{"SCMP_ACT_KILL", SCMP_ACT_KILL},
		{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
		{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
		{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
		{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0)},
		{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0)},
		{"SCMP_ACT_LOG", SCMP_ACT_LOG},
		{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
	};
	uint32_t node = kinc_span_member(profile->doc, object, key), number = EPERM;
	int result = take_errno(profile, object, errno_keys, &number, err);

	if (result < 0)
		return result;
	if (node == KINC_SPAN_NONE)
		return kinc_span_error(profile->doc, object, err, EINVAL, "\"%s\" is missing", key);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (!kinc_span_string_is(profile->doc, node, actions[i].name))
			continue;
		*ret = actions[i].action;
		if (*ret == SCMP_ACT_ERRNO(0) || *ret == SCMP_ACT_TRACE(0))
			*ret |= number;
		return 0;
	}
	return kinc_span_error(profile->doc, node, err, EINVAL,
			       "\"%s\" is no action that a unit can have, such as SCMP_ACT_ERRNO",
			       key);
}

/* SCMP_ARCH_X86_64 is x86_64 to libseccomp. 0: it knows none of that name. */
static uint32_t architecture_of(const struct profile *profile, uint32_t node)
{
	static const char prefix[] = "SCMP_ARCH_";
	cleanup_free char *text = NULL;

	if (kinc_span_string(profile->doc, node, &text, NULL, NULL) < 0 ||
	    strncmp(text, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	for (char *at = text; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return seccomp_arch_resolve_name(text + sizeof(prefix) - 1);
}

static int add_architectures(const struct profile *profile, uint32_t item, struct kinc_error *err)
{
	for (; item != KINC_SPAN_NONE; item = profile->doc->nodes[item].next) {
		uint32_t architecture = architecture_of(profile, item);
		if (!architecture)
			return kinc_span_error(profile->doc, item, err, EINVAL,
					       "this is no architecture such as SCMP_ARCH_X86_64");
		int result = seccomp_arch_add(profile->filter, architecture);
		if (result < 0 && result != -EEXIST)
			return kinc_span_error(profile->doc, item, err, -result,
					       "libseccomp refuses this architecture");
	}
	return 0;
}

static int take_architectures(const struct profile *profile, struct kinc_error *err)
{
	static const char *const known[] = {"architecture", "subArchitectures", NULL};
	uint32_t item = KINC_SPAN_NONE, map = KINC_SPAN_NONE;
	int result = profile_items(profile, 0, "architectures", &item, err);

	if (result == 0)
		result = add_architectures(profile, item, err);
	if (result == 0)
		result = profile_items(profile, 0, "archMap", &map, err);
	if (result < 0)
		return result;
	for (; map != KINC_SPAN_NONE && result == 0; map = profile->doc->nodes[map].next) {
		result = profile_keys(profile, map, known, err);
		uint32_t main = kinc_span_member(profile->doc, map, "architecture");
		if (result < 0 || main == KINC_SPAN_NONE ||
		    architecture_of(profile, main) != seccomp_arch_native())
			continue;
		result = profile_items(profile, map, "subArchitectures", &item, err);
		if (result == 0)
			result = add_architectures(profile, item, err);
	}
	return result;
}

static int fill(struct profile *profile, struct kinc_error *err)
{
	static const char *const errno_keys[] = {"defaultErrnoRet", "defaultErrno"};
	static const char *const known[] = {"defaultAction", "defaultErrnoRet", "defaultErrno",
					    "architectures", "archMap",		"syscalls",
					    "comment",	     "flags",		NULL};
	uint32_t rule = KINC_SPAN_NONE;
	int result = profile_keys(profile, 0, known, err);

	if (result == 0)
		result = profile_action(profile, 0, "defaultAction", errno_keys,
					&profile->default_action, err);
	if (result < 0)
		return result;
	profile->filter = seccomp_init(profile->default_action);
	if (!profile->filter)
		return kinc_error_errno(err, ENOMEM, "cannot make a filter of system calls");
	/* The unit says whether there is no_new_privs. A tree: some profiles are long. */
	seccomp_attr_set(profile->filter, SCMP_FLTATR_CTL_NNP, 0);
	seccomp_attr_set(profile->filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	result = take_architectures(profile, err);
	if (result == 0)
		result = profile_items(profile, 0, "flags", &rule, err);
	if (result == 0 && rule != KINC_SPAN_NONE)
		return kinc_span_error(profile->doc, rule, err, EINVAL, "flags are not supported");
	if (result == 0)
		result = profile_items(profile, 0, "syscalls", &rule, err);
	for (; result == 0 && rule != KINC_SPAN_NONE; rule = profile->doc->nodes[rule].next)
		result = profile_rule(profile, rule, err);
	return result;
}

static int build(const char *path, bool load, struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	cleanup_span struct kinc_span_doc doc = {0};
	struct profile profile = {.doc = &doc, .capabilities = capability_bounding()};
	size_t size;
	int result = kinc_read_file(AT_FDCWD, path, PROFILE_MAX, &text, &size, err);

	if (result == 0)
		result = kinc_span_parse(path, text, size, &doc, err);
	if (result == 0)
		result = fill(&profile, err);
	if (result == 0 && load) {
		result = seccomp_load(profile.filter);
		if (result < 0)
			kinc_error_errno(err, -result,
					 "cannot load %s (without CAP_SYS_ADMIN the unit needs "
					 "\"no_new_privileges\": true)",
					 path);
	}
	if (profile.filter)
		seccomp_release(profile.filter);
	return result;
}

int seccomp_profile_check(const char *path, struct kinc_error *err)
{
	return build(path, false, err);
}

int seccomp_profile_load(const char *path, struct kinc_error *err)
{
	return build(path, true, err);
}
