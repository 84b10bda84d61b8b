/* SPDX-License-Identifier: MIT */
#include "ground_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "ground.h"
#include "io.h"

struct node {
	const char *name, *module;
	unsigned int major, minor;
};

static const struct node standard_nodes[] = {
	{"null", NULL, 1, 3},	{"zero", NULL, 1, 5},	 {"full", NULL, 1, 7},
	{"random", NULL, 1, 8}, {"urandom", NULL, 1, 9}, {"tty", NULL, 5, 0},
};
static const struct node podman_nodes[] = {
	{"fuse", "fuse", 10, 229},
	{"net/tun", "tun", 10, 200},
};
#define count_of(array) (sizeof(array) / sizeof(*(array)))

static int mount_or_error(const char *source, const char *target, const char *type,
			  unsigned long flags, const char *data, struct kinc_error *err)
{
	if (mkdir(target, 0755) < 0 && errno != EEXIST)
		return kinc_error_errno(err, errno, "cannot make %s", target);
	if (mount(source, target, type, flags, data) < 0)
		return kinc_error_errno(err, errno, "cannot mount %s at %s", type ? type : source,
					target);
	return 0;
}

static int make_node(const char *directory, const struct node *node, struct kinc_error *err)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", directory, node->name);
	mode_t mask = umask(0);
	int result = mknod(path, S_IFCHR | 0666, makedev(node->major, node->minor));
	umask(mask);
	if (result < 0)
		return kinc_error_errno(err, errno,
					"cannot make device node %s (%u:%u; needs CAP_MKNOD)", path,
					node->major, node->minor);
	return 0;
}

static int fill_dev(struct kinc_error *err)
{
	static const char *const links[][2] = {
		{"/proc/self/fd", "dev/fd"},	   {"/proc/self/fd/0", "dev/stdin"},
		{"/proc/self/fd/1", "dev/stdout"}, {"/proc/self/fd/2", "dev/stderr"},
		{"pts/ptmx", "dev/ptmx"},
	};
	int result = mount_or_error("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=0755", err);

	if (result == 0)
		result = mount_or_error("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
					"newinstance,ptmxmode=0666,mode=0620,gid=5", err);
	if (result == 0)
		result = mount_or_error("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV,
					"mode=1777", err);
	if (result == 0 && mkdir("dev/net", 0755) < 0)
		result = kinc_error_errno(err, errno, "cannot make dev/net");
	for (size_t i = 0; result == 0 && i < count_of(links); i++)
		if (symlink(links[i][0], links[i][1]) < 0)
			result = kinc_error_errno(err, errno, "cannot make %s", links[i][1]);
	for (size_t i = 0; result == 0 && i < count_of(standard_nodes); i++)
		result = make_node("dev", &standard_nodes[i], err);
	for (size_t i = 0; result == 0 && i < count_of(podman_nodes); i++)
		result = make_node("dev", &podman_nodes[i], err);
	return result;
}

/* What the machine resolves by, bound over so that the tree stays as it is. */
static int copy_resolv_conf(struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	size_t size;

	if (kinc_read_file(AT_FDCWD, "/etc/resolv.conf", 1 << 16, &text, &size, NULL) < 0)
		return 0;
	int result = kinc_write_file_atomic("run/resolv.conf", text, size, 0644, err);
	if (result < 0)
		return result;
	close(open("etc/resolv.conf", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
	if (mount("run/resolv.conf", "etc/resolv.conf", NULL, MS_BIND, NULL) < 0)
		return kinc_error_errno(err, errno, "cannot put resolv.conf in place");
	return 0;
}

static int enter_root(const char *root, struct kinc_error *err)
{
	int result;

	if (mount(root, root, NULL, MS_BIND | MS_REC, NULL) < 0 || chdir(root) < 0)
		return kinc_error_errno(err, errno, "cannot enter %s", root);
	if ((result = mount_or_error("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL,
				     err)) < 0 ||
	    (result = mount_or_error("sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
				     NULL, err)) < 0 ||
	    (result = mount_or_error("tmpfs", "run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755",
				     err)) < 0 ||
	    (result = mount_or_error("tmpfs", "tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777",
				     err)) < 0 ||
	    (result = fill_dev(err)) < 0 || (result = copy_resolv_conf(err)) < 0)
		return result;
	/*
	 * Not chroot: a chrooted process may not create a user namespace. The old
	 * root is stacked under the new one and detached from there.
	 */
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return kinc_error_errno(err, errno, "cannot make %s the root", root);
	return 0;
}

int ground_mounts_enter(const char *root, struct kinc_error *err)
{
	int result = 0;

	if (unshare(CLONE_NEWNS) < 0)
		return kinc_error_errno(err, errno, "cannot make a mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return kinc_error_errno(err, errno, "cannot detach from the machine's mounts");
	if (root)
		result = enter_root(root, err);
	/* Rootless podman wants / shared; the peers are this namespace's only. */
	if (result == 0 && mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)
		result = kinc_error_errno(err, errno, "cannot share the mounts of the ground");
	return result;
}

static int replace_node(const struct node *node, struct kinc_error *err)
{
	char path[32], own[64];
	struct stat status;

	snprintf(path, sizeof(path), "/dev/%s", node->name);
	snprintf(own, sizeof(own), GROUND_DIR "/%s", node->name);
	if (stat(path, &status) < 0)
		return kinc_error_errno(err, errno, "%s: as root, `modprobe %s`", path,
					node->module);
	if ((status.st_mode & 0666) == 0666)
		return 0;
	int result = make_node(GROUND_DIR, node, err);
	if (result == 0 && mount(own, path, NULL, MS_BIND, NULL) < 0)
		result = kinc_error_errno(err, errno, "cannot open %s to the user", path);
	return result;
}

int ground_mounts_devices(struct kinc_error *err)
{
	int result = mount_or_error("tmpfs", GROUND_DIR, "tmpfs", MS_NOSUID, "mode=0755", err);

	if (result == 0 && mkdir(GROUND_DIR "/net", 0755) < 0)
		result = kinc_error_errno(err, errno, "cannot make " GROUND_DIR "/net");
	for (size_t i = 0; result == 0 && i < count_of(podman_nodes); i++)
		result = replace_node(&podman_nodes[i], err);
	return result;
}

int ground_mounts_runtime(const char *runtime_dir, uid_t uid, gid_t gid, struct kinc_error *err)
{
	char options[64];

	snprintf(options, sizeof(options), "mode=0700,uid=%u,gid=%u", uid, gid);
	int result = kinc_make_directories(runtime_dir, 0755, err);
	if (result == 0)
		result = mount_or_error("tmpfs", runtime_dir, "tmpfs", MS_NOSUID | MS_NODEV,
					options, err);
	if (result == 0)
		result = mount_or_error("shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV,
					"mode=1777", err);
	return result;
}
