/* SPDX-License-Identifier: MIT */
/* #syscalls capset capget */
#include "confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"
#include "syscalls/kincnet.h"

/* By hand: to load libcap for two calls would take longer than they do. */
int confine_capabilities(struct kinc_error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, sets) < 0)
		return kinc_error_errno(err, errno, "cannot read the own capabilities");
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		unsigned kept = i == CAP_TO_INDEX(CAP_NET_ADMIN) ? CAP_TO_MASK(CAP_NET_ADMIN) : 0;
		sets[i].permitted &= kept;
		sets[i].effective &= kept;
		sets[i].inheritable &= kept;
	}
	if (syscall(SYS_capset, &header, sets) < 0)
		return kinc_error_errno(err, errno, "cannot give up capabilities");
	return 0;
}

int confine_calls(struct kinc_error *err)
{
	return kinc_sandbox_enter(syscalls_kincnet, KINC_SANDBOX_REFUSE, err);
}
