/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "capability.h"
#include "expand.h"
#include "identity.h"
#include "seccomp_profile.h"

/* What is above the hard limit is clamped, unless kinc-init may raise that. */
static int limit_set(const struct rlimit_spec *spec, struct kinc_error *err)
{
	struct rlimit limit, now;

	if (getrlimit((__rlimit_resource_t)spec->resource, &now) < 0)
		return kinc_error_errno(err, errno, "cannot read a limit");
	limit.rlim_cur = spec->soft;
	limit.rlim_max = spec->has_hard ? spec->hard : now.rlim_max;
	if (limit.rlim_max > now.rlim_max &&
	    setrlimit((__rlimit_resource_t)spec->resource, &limit) == 0)
		return 0;
	if (limit.rlim_max > now.rlim_max)
		limit.rlim_max = now.rlim_max;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	if (setrlimit((__rlimit_resource_t)spec->resource, &limit) < 0)
		return kinc_error_errno(err, errno, "cannot set a limit");
	return 0;
}

static int filter_load(const struct process_spec *spec, const struct variables *variables,
		       struct kinc_error *err)
{
	cleanup_free char *path = expand_text(spec->seccomp, variables, err);

	return path ? seccomp_profile_load(path, err) : -err->code;
}

int process_assume(const struct process_spec *spec, const struct variables *variables,
		   char *const **environment, struct kinc_error *err)
{
	const struct capability_spec *capabilities = &spec->capabilities;
	struct identity identity = {0};
	int result = 0;

	umask((mode_t)spec->umask);
	for (const struct rlimit_spec *limit = spec->limits; limit && result == 0;
	     limit = limit->next)
		result = limit_set(limit, err);
	if (result == 0)
		result = identity_find(spec, &identity, err);
	if (result == 0 && capabilities->bounding.items)
		result = capability_bound(&capabilities->bounding, err);
	if (result == 0)
		result = identity_assume(&identity, err);
	if (result == 0 && (identity.has_user || capabilities->ambient.items))
		result = capability_make_ambient(&capabilities->ambient, err);
	if (result == 0 && spec->no_new_privileges &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		result = kinc_error_errno(err, errno, "cannot set no_new_privs");
	if (result < 0)
		return result;
	if (identity.name[0])
		*environment = identity_environment(&identity, *environment);
	/* From here on only what the profile allows can be called. */
	return spec->seccomp ? filter_load(spec, variables, err) : 0;
}
