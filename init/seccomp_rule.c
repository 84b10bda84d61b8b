/* SPDX-License-Identifier: MIT */
#include "seccomp_rule.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/utsname.h>

#include "cleanup.h"

/* Go's name of the architecture that runs, as includes.arches has it. */
static const char *native_name(void)
{
	static const struct {
		uint32_t architecture;
		const char *name;
	} names[] = {
		{SCMP_ARCH_X86_64, "amd64"}, {SCMP_ARCH_X86, "386"},
		{SCMP_ARCH_AARCH64, "arm64"}, {SCMP_ARCH_ARM, "arm"},
		{SCMP_ARCH_PPC64LE, "ppc64le"}, {SCMP_ARCH_S390X, "s390x"},
		{SCMP_ARCH_RISCV64, "riscv64"}, {SCMP_ARCH_MIPS64, "mips64"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].architecture == seccomp_arch_native())
			return names[i].name;
	return "";
}

/* "4.8" or "4.8.0-rc1" in thousands and units; -1: neither. */
static long version_of(const char *text)
{
	char *end;
	unsigned long major = strtoul(text, &end, 10);

	if (end == text || *end != '.' || major > 1000)
		return -1;
	const char *rest = end + 1;
	unsigned long minor = strtoul(rest, &end, 10);
	return end == rest || minor > 999 ? -1 : (long)(major * 1000 + minor);
}

static int has_kernel(const struct profile *profile, uint32_t node, bool *ret,
		      struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	struct utsname name;

	if (kinc_span_string(profile->doc, node, &text, NULL, NULL) < 0 || version_of(text) < 0)
		return kinc_span_error(profile->doc, node, err, EINVAL,
				       "\"minKernel\" must be of the form \"4.8\"");
	*ret = uname(&name) == 0 && version_of(name.release) >= version_of(text);
	return 0;
}

/*
 * Of "includes" (all must hold) or "excludes" (any does): how many parts hold,
 * of how many.
 */
static int count_parts(const struct profile *profile, uint32_t object, size_t *ret_holding,
		       size_t *ret_parts, struct kinc_error *err)
{
	static const char *const known[] = {"caps", "arches", "minKernel", NULL};
	size_t holding = 0, parts = 0;
	uint32_t item = KINC_SPAN_NONE;
	bool any = false, there = false;

	*ret_holding = *ret_parts = 0;
	if (object == KINC_SPAN_NONE || profile->doc->nodes[object].type == KINC_SPAN_NULL)
		return 0;
	int result = profile_keys(profile, object, known, err);
	if (result == 0)
		result = profile_items(profile, object, "caps", &item, err);
	for (; result == 0 && item != KINC_SPAN_NONE; item = profile->doc->nodes[item].next) {
		cleanup_free char *text = NULL;
		cap_value_t value;
		parts++;
		/* Younger than this libcap: nobody has it. */
		if (kinc_span_string(profile->doc, item, &text, NULL, NULL) == 0 &&
		    cap_from_name(text, &value) == 0)
			holding += profile->capabilities >> value & 1;
	}
	if (result == 0)
		result = profile_items(profile, object, "arches", &item, err);
	for (; result == 0 && item != KINC_SPAN_NONE; item = profile->doc->nodes[item].next) {
		any = true;
		there |= kinc_span_string_is(profile->doc, item, native_name());
	}
	parts += any;
	holding += there;
	uint32_t kernel = kinc_span_member(profile->doc, object, "minKernel");
	if (result == 0 && kernel != KINC_SPAN_NONE &&
	    profile->doc->nodes[kernel].type != KINC_SPAN_NULL) {
		there = false;
		result = has_kernel(profile, kernel, &there, err);
		parts++;
		holding += there;
	}
	*ret_holding = holding;
	*ret_parts = parts;
	return result;
}

static int take_argument(const struct profile *profile, uint32_t object, struct scmp_arg_cmp *ret,
			 struct kinc_error *err)
{
	static const char *const known[] = {"index", "value", "valueTwo", "op", NULL};
	static const struct {
		const char *name;
		enum scmp_compare op;
	} operators[] = {
		{"SCMP_CMP_NE", SCMP_CMP_NE}, {"SCMP_CMP_LT", SCMP_CMP_LT},
		{"SCMP_CMP_LE", SCMP_CMP_LE}, {"SCMP_CMP_EQ", SCMP_CMP_EQ},
		{"SCMP_CMP_GE", SCMP_CMP_GE}, {"SCMP_CMP_GT", SCMP_CMP_GT},
		{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
	};
	uint64_t numbers[3] = {0};
	int result = profile_keys(profile, object, known, err);

	for (int i = 0; i < 3 && result == 0; i++) {
		uint32_t node = kinc_span_member(profile->doc, object, known[i]);
		if (node == KINC_SPAN_NONE)
			continue;
		result = kinc_span_uint64(profile->doc, node, &numbers[i], NULL);
		if (result < 0 || (i == 0 && numbers[0] > 5))
			return kinc_span_error(profile->doc, node, err, EINVAL,
					       "\"%s\" must be a whole number%s", known[i],
					       i == 0 ? " from 0 to 5" : "");
	}
	if (result < 0)
		return result;
	uint32_t op = kinc_span_member(profile->doc, object, "op");
	for (size_t i = 0; op != KINC_SPAN_NONE && i < sizeof(operators) / sizeof(operators[0]);
	     i++) {
		if (!kinc_span_string_is(profile->doc, op, operators[i].name))
			continue;
		*ret = (struct scmp_arg_cmp){(unsigned)numbers[0], operators[i].op, numbers[1],
					     numbers[2]};
		return 0;
	}
	return kinc_span_error(profile->doc, op == KINC_SPAN_NONE ? object : op, err, EINVAL,
			       "\"op\" must be one such as SCMP_CMP_EQ");
}

static int add_call(const struct profile *profile, uint32_t node, uint32_t action,
		    const struct scmp_arg_cmp *arguments, unsigned count, struct kinc_error *err)
{
	cleanup_free char *name = NULL;
	unsigned seen = 0;
	bool twice = false;
	int result = 0;

	if (kinc_span_string(profile->doc, node, &name, NULL, NULL) < 0)
		return kinc_span_error(profile->doc, node, err, EINVAL,
				       "names of system calls are strings");
	int number = seccomp_syscall_resolve_name(name);
	if (number == __NR_SCMP_ERROR)
		return 0;
	for (unsigned i = 0; i < count; i++) {
		twice |= seen >> arguments[i].arg & 1U;
		seen |= 1U << arguments[i].arg;
	}
	/* One argument asked twice means "or", which libseccomp takes as several rules. */
	if (!twice)
		result = seccomp_rule_add_array(profile->filter, action, number, count, arguments);
	for (unsigned i = 0; twice && i < count && result == 0; i++)
		result = seccomp_rule_add_array(profile->filter, action, number, 1, &arguments[i]);
	return result < 0 && result != -EEXIST
		       ? kinc_span_error(profile->doc, node, err, -result,
					 "libseccomp refuses this rule: %s", strerror(-result))
		       : 0;
}

int profile_rule(const struct profile *profile, uint32_t rule, struct kinc_error *err)
{
	static const char *const errno_keys[] = {"errnoRet", "errno"};
	static const char *const known[] = {"name",	"names",    "action",  "errnoRet",
					    "errno",	"args",	    "comment", "includes",
					    "excludes", NULL};
	struct scmp_arg_cmp arguments[6] = {0};
	unsigned count = 0;
	size_t holding = 0, parts = 0;
	uint32_t action = 0, item = KINC_SPAN_NONE;
	int result = profile_keys(profile, rule, known, err);

	if (result == 0)
		result = profile_action(profile, rule, "action", errno_keys, &action, err);
	if (result == 0)
		result = profile_items(profile, rule, "args", &item, err);
	for (; result == 0 && item != KINC_SPAN_NONE; item = profile->doc->nodes[item].next) {
		if (count == 6)
			return kinc_span_error(profile->doc, item, err, EINVAL,
					       "a system call has six arguments at the most");
		result = take_argument(profile, item, &arguments[count++], err);
	}
	if (result == 0)
		result = count_parts(profile, kinc_span_member(profile->doc, rule, "includes"),
				     &holding, &parts, err);
	bool applies = result == 0 && holding == parts;
	if (result == 0)
		result = count_parts(profile, kinc_span_member(profile->doc, rule, "excludes"),
				     &holding, &parts, err);
	if (result < 0 || !applies || holding > 0 || action == profile->default_action)
		return result;
	uint32_t name = kinc_span_member(profile->doc, rule, "name");
	if (name != KINC_SPAN_NONE)
		result = add_call(profile, name, action, arguments, count, err);
	if (result == 0)
		result = profile_items(profile, rule, "names", &item, err);
	for (; result == 0 && item != KINC_SPAN_NONE; item = profile->doc->nodes[item].next)
		result = add_call(profile, item, action, arguments, count, err);
	return result;
}

