/* SPDX-License-Identifier: MIT */
#include "capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(capability) (UINT64_C(1) << (capability))
static const uint64_t used = BIT(CAP_KILL) | BIT(CAP_DAC_OVERRIDE);

struct sets {
	uint64_t effective, permitted, inheritable;
};

/* libcap's own functions ask for memory, which PID 1 may not have now. */
static int sets_get(struct sets *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	sets->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	sets->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	sets->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

static int sets_put(const struct sets *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)sets->effective, (uint32_t)sets->permitted, (uint32_t)sets->inheritable},
		{(uint32_t)(sets->effective >> 32), (uint32_t)(sets->permitted >> 32),
		 (uint32_t)(sets->inheritable >> 32)},
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

bool capability_permitted(int capability)
{
	struct sets sets = {0};

	return sets_get(&sets) == 0 && (sets.permitted & BIT(capability));
}

static uint64_t given; /* the effective set that PID 1 was started with */

void capability_drop_unused(void)
{
	struct sets sets = {0};

	if (sets_get(&sets) < 0)
		return;
	given = sets.effective;
	sets.effective &= used;
	sets_put(&sets);
}

void capability_raise_all(void)
{
	struct sets sets = {0};

	if (!given || sets_get(&sets) < 0)
		return;
	sets.effective = given;
	sets_put(&sets);
}

uint64_t capability_bits(const struct strings *names)
{
	uint64_t bits = 0;
	cap_value_t value;

	for (size_t i = 0; i < names->count; i++)
		if (cap_from_name(names->items[i], &value) == 0)
			bits |= BIT(value);
	return bits;
}

uint64_t capability_bounding(void)
{
	uint64_t bits = 0;

	for (int i = 0; i < 64; i++)
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			bits |= BIT(i);
	return bits;
}

int capability_bound(const struct strings *bounding, struct kinc_error *err)
{
	uint64_t kept = capability_bits(bounding), surplus = capability_bounding() & ~kept;
	struct sets sets = {0};

	for (int i = 0; i < 64; i++)
		if (surplus & BIT(i) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return kinc_error_errno(err, errno, "cannot give capabilities up");
	int result = sets_get(&sets);
	sets.inheritable &= kept;
	if (result == 0)
		result = sets_put(&sets);
	return result < 0 ? kinc_error_errno(err, -result, "cannot give capabilities up") : 0;
}

int capability_make_ambient(const struct strings *ambient, struct kinc_error *err)
{
	uint64_t wanted = capability_bits(ambient);
	struct sets sets = {0};
	int result = sets_get(&sets);

	if (result == 0 && (wanted & ~sets.permitted))
		return kinc_error_set(err, EPERM,
				      "an ambient capability is not permitted to kinc-init");
	sets.inheritable = wanted;
	sets.effective = sets.permitted;
	if (result == 0)
		result = sets_put(&sets);
	for (int i = 0; i < 64 && result == 0; i++)
		if (wanted & BIT(i) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			result = -errno;
	return result < 0 ? kinc_error_errno(err, -result, "cannot make capabilities ambient") : 0;
}
