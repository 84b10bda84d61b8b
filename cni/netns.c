/* SPDX-License-Identifier: MIT */
/* #syscalls open fstatfs stat ioctl setns */
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"

#define OWN_NETNS "/proc/self/ns/net"

int netns_open(const char *path, struct kinc_error *err)
{
	/* O_NONBLOCK: a path that names a FIFO must not hang us. */
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat theirs, own;
	struct statfs filesystem;

	if (fd < 0)
		return kinc_error_errno(err, errno, "cannot open network namespace %s", path);
	if (fstatfs(fd, &filesystem) < 0 || fstat(fd, &theirs) < 0)
		return kinc_error_errno(err, errno, "cannot look at network namespace %s", path);
	if (filesystem.f_type != NSFS_MAGIC || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return kinc_error_set(err, EINVAL, "%s is no network namespace", path);
	if (stat(OWN_NETNS, &own) < 0)
		return kinc_error_errno(err, errno, "cannot look at " OWN_NETNS);
	if (own.st_dev == theirs.st_dev && own.st_ino == theirs.st_ino)
		return kinc_error_set(err, EINVAL, "%s is the network namespace of kincnet itself",
				      path);
	return steal_fd(&fd);
}

int netns_run(int netns, netns_inside *inside, void *context, struct kinc_error *err)
{
	cleanup_close int own = open(OWN_NETNS, O_RDONLY | O_CLOEXEC);

	if (own < 0)
		return kinc_error_errno(err, errno, "cannot open " OWN_NETNS);
	if (setns(netns, CLONE_NEWNET) < 0)
		return kinc_error_errno(err, errno, "cannot enter the network namespace");
	int result = inside(context, err);
	if (setns(own, CLONE_NEWNET) < 0)
		_exit(KINC_EXIT_SYSTEM);
	return result;
}
