/* SPDX-License-Identifier: MIT */
/* #syscalls open access */
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"

int sysctl_set(const char *path, char value, struct kinc_error *err)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char text[] = {value, '\0'};
	char now;

	if (fd < 0)
		return kinc_error_errno(err, errno, "cannot open %s", path);
	if (read(fd, &now, 1) == 1 && now == value)
		return 0;
	return kinc_write_existing(AT_FDCWD, path, text, err);
}
