/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cgroup_position.h"
#include "cleanup.h"
#include "controllers.h"
#include "doctor.h"
#include "enter.h"
#include "io.h"
#include "login.h"
#include "podman.h"
#include "user.h"

enum { SMALL_FILE_MAX = 1 << 20 };

void doctor_user(struct finding *finding)
{
	finding_found(finding, "%s (uid %u)", doctor_user_name(), geteuid());
	if (geteuid() == 0)
		finding_grade(finding, FINDING_MISSING,
			      "clusters belong to an ordinary user: `kinc-launch ground --user "
			      "USER`, then `kinc-launch enter --user USER -- kinc-launch up`");
}

void doctor_kernel(struct finding *finding)
{
	struct utsname name;
	char *end = NULL;

	if (uname(&name) < 0)
		name.release[0] = '\0';
	finding_found(finding, "%.60s", name.release);
	unsigned long major = strtoul(name.release, &end, 10);
	unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	/* The first that mounts an overlay in a user namespace, as containerd does. */
	if (major < 5 || (major == 5 && minor < 11))
		finding_grade(finding, FINDING_MISSING, "boot a newer kernel");
}

/* A number in a file, or -1. */
static long read_number(const char *path)
{
	cleanup_free char *text = NULL;
	char *end = NULL;

	if (kinc_read_file(AT_FDCWD, path, SMALL_FILE_MAX, &text, NULL, NULL) < 0)
		return -1;
	long number = strtol(text, &end, 10);
	return end == text ? -1 : number;
}

void doctor_user_namespaces(struct finding *finding)
{
	long limit = read_number("/proc/sys/user/max_user_namespaces");

	finding_found(finding, "%ld of them", limit < 0 ? 0 : limit);
	if (limit <= 0) {
		finding_fix(finding, FINDING_MISSING, "sysctl -w user.max_user_namespaces=15000");
	} else if (read_number("/proc/sys/kernel/unprivileged_userns_clone") == 0) {
		finding_found(finding, "not without privilege");
		finding_fix(finding, FINDING_MISSING,
			    "sysctl -w kernel.unprivileged_userns_clone=1");
	}
}

/* Setuid, or with capabilities of its own: what unpacks an image may have dropped both. */
static bool has_privilege(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 || (status.st_mode & S_ISUID) ||
	       getxattr(path, "security.capability", NULL, 0) > 0;
}

void doctor_id_programs(struct finding *finding)
{
	char uids[DOCTOR_PATH_MAX], gids[DOCTOR_PATH_MAX];
	bool uid = doctor_program_find("newuidmap", uids);
	bool gid = doctor_program_find("newgidmap", gids);

	finding_found(finding, "%s", uid && gid ? "both" : uid || gid ? "one of them" : "neither");
	if (!uid || !gid) {
		doctor_install(finding, "uidmap");
	} else if (!has_privilege(uids) || !has_privilege(gids)) {
		finding_found(finding, "without their privilege");
		finding_fix(finding, FINDING_MISSING, "chmod u+s %.60s %.60s", uids, gids);
	}
}

static void look_at_subids(struct finding *finding, const char *path, const char *option)
{
	cleanup_free char *text = NULL;
	unsigned long count = 0;

	if (kinc_read_file(AT_FDCWD, path, SMALL_FILE_MAX, &text, NULL, NULL) == 0)
		count = user_count_subids(text, doctor_user_name(), getuid());
	finding_found(finding, "%lu for %s", count, doctor_user_name());
	if (count >= USER_SUBIDS)
		return;
	unsigned long first = user_free_subids(text ? text : "");
	finding_fix(finding, FINDING_MISSING, "usermod %s %lu-%lu %s", option, first, first + 65535,
		    doctor_user_name());
}

void doctor_subuids(struct finding *finding)
{
	look_at_subids(finding, "/etc/subuid", "--add-subuids");
}

void doctor_subgids(struct finding *finding)
{
	look_at_subids(finding, "/etc/subgid", "--add-subgids");
}

void doctor_runtime_dir(struct finding *finding)
{
	const char *path = getenv("XDG_RUNTIME_DIR");

	finding_found(finding, "%s", path ? path : "XDG_RUNTIME_DIR is not set");
	if (login_owns(path))
		return;
	if (path)
		finding_found(finding, "%s is not so", path);
	if (podman_systemd_booted())
		finding_fix(finding, FINDING_MISSING, "loginctl enable-linger %s",
			    doctor_user_name());
	else if (doctor_in_container())
		finding_grade(finding, FINDING_MISSING,
			      "`mkdir -m 0700 /tmp/run-%u; export XDG_RUNTIME_DIR=/tmp/run-%u`",
			      getuid(), getuid());
	else
		finding_fix(finding, FINDING_MISSING, "kinc-launch ground --user %s",
			    doctor_user_name());
}

/* Podman leaves the control groups of its containers to systemd, which it asks by the bus. */
void doctor_user_bus(struct finding *finding)
{
	if (!podman_systemd_booted()) {
		finding_found(finding, "no systemd");
		return;
	}
	finding_found(finding, "%s", login_has_bus() ? "yes" : "none");
	if (login_has_bus())
		return;
	if (!login_has_manager()) {
		finding_found(finding, "no systemd of %s runs", doctor_user_name());
		finding_fix(finding, FINDING_MISSING, "loginctl enable-linger %s",
			    doctor_user_name());
		return;
	}
	doctor_install(finding, "dbus-user-session");
	finding_grade(finding, FINDING_MISSING,
		      "as root, `%s`; then `systemctl --user start dbus.socket`", finding->fix);
}

void doctor_cgroup_v2(struct finding *finding)
{
	struct statfs status;
	bool there = statfs("/sys/fs/cgroup", &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;

	finding_found(finding, "%s", there ? "yes" : "no");
	if (!there)
		finding_fix(finding, FINDING_MISSING, "kinc-launch ground --user %s",
			    doctor_user_name());
}

/* The container's control group is its root's, whoever is its user. */
static void mend_container_cgroup(struct finding *finding)
{
	struct statvfs status;

	if (statvfs("/sys/fs/cgroup", &status) < 0 || (status.f_flag & ST_RDONLY))
		finding_grade(finding, FINDING_MISSING,
			      "make this container with `podman run --security-opt=unmask=ALL`");
	else
		finding_fix(finding, FINDING_MISSING,
			    "chown %s /sys/fs/cgroup /sys/fs/cgroup/cgroup.procs "
			    "/sys/fs/cgroup/cgroup.subtree_control /sys/fs/cgroup/cgroup.threads",
			    doctor_user_name());
}

void doctor_cgroup(struct finding *finding)
{
	cleanup_free char *text = NULL;
	char path[160];

	if (kinc_read_file(AT_FDCWD, "/proc/self/cgroup", SMALL_FILE_MAX, &text, NULL, NULL) < 0)
		text = NULL;
	cleanup_free char *position = text ? cgroup_position_parse(text) : NULL;
	finding_found(finding, "%.100s", position ? position : "none");
	if (enter_is_delegated())
		return;
	controllers_manager(path, "cgroup.procs");
	if (podman_systemd_booted() && access(path, W_OK) == 0) {
		finding_found(finding, "user@%u.service", getuid());
		return;
	}
	finding_found(finding, "none is delegated to %s", doctor_user_name());
	if (podman_systemd_booted())
		finding_fix(finding, FINDING_MISSING, "loginctl enable-linger %s",
			    doctor_user_name());
	else if (doctor_in_container())
		mend_container_cgroup(finding);
	else
		finding_fix(finding, FINDING_MISSING, "kinc-launch ground --user %s",
			    doctor_user_name());
}

void doctor_controllers(struct finding *finding)
{
	cleanup_free char *have = NULL;

	if (controllers_read(&have) < 0 || !have) {
		finding_found(finding, "no cgroup to look at");
		finding->grade = FINDING_UNKNOWN;
		return;
	}
	have[strcspn(have, "\n")] = '\0';
	finding_found(finding, "%.100s", *have ? have : "none is delegated");
	if (controllers_have(have, "cpu") && controllers_have(have, "memory") && controllers_have(have, "pids"))
		return;
	if (podman_systemd_booted())
		finding_grade(finding, FINDING_WARNING,
			      "limits of pods do not hold: as root, Delegate=cpu memory pids in a "
			      "drop-in of user@.service");
	else
		finding_grade(finding, FINDING_WARNING,
			      "limits of pods do not hold: boot with "
			      "cgroup_no_v1=all systemd.unified_cgroup_hierarchy=1, or without v1 "
			      "mounts");
}

static void look_at_device(struct finding *finding, const char *path, const char *module)
{
	cleanup_close int fd = open(path, O_RDWR | O_CLOEXEC);

	int why = fd >= 0 ? 0 : errno;

	finding_found(finding, "%s", why ? strerror(why) : "yes");
	if (!why)
		return;
	if (doctor_in_container())
		finding_grade(finding, FINDING_MISSING,
			      "make this container with `podman run --device=%s`", path);
	else if (why == EACCES || why == EPERM)
		finding_fix(finding, FINDING_MISSING, "chmod 0666 %s", path);
	else
		finding_fix(finding, FINDING_MISSING, "modprobe %s", module);
}

void doctor_fuse(struct finding *finding)
{
	look_at_device(finding, "/dev/fuse", "fuse");
}

void doctor_tun(struct finding *finding)
{
	look_at_device(finding, "/dev/net/tun", "tun");
}

void doctor_overlay(struct finding *finding)
{
	cleanup_free char *text = NULL;
	bool known = kinc_read_file(AT_FDCWD, "/proc/filesystems", SMALL_FILE_MAX, &text, NULL,
				    NULL) == 0 &&
		     strstr(text, "\toverlay\n");

	finding_found(finding, "%s", known ? "yes" : "no");
	if (!known)
		finding_fix(finding, FINDING_WARNING, "modprobe overlay");
}

void doctor_memory(struct finding *finding)
{
	static const char key[] = "MemAvailable:";
	cleanup_free char *text = NULL;
	const char *line = NULL;

	if (kinc_read_file(AT_FDCWD, "/proc/meminfo", SMALL_FILE_MAX, &text, NULL, NULL) == 0)
		line = strstr(text, key);
	double gib = line ? strtod(line + sizeof(key) - 1, NULL) / (1 << 20) : 0;
	finding_found(finding, "%.1f GiB", gib);
	if (gib < 1)
		finding_grade(finding, FINDING_WARNING,
			      "end other programs, or add swap: a cluster needs most of it");
}

static void look_at_limit(struct finding *finding, const char *path, long needed, const char *fix)
{
	long limit = read_number(path);

	if (limit < 0) {
		finding_found(finding, "no such limit");
		return;
	}
	finding_found(finding, "%ld", limit);
	if (limit < needed)
		finding_fix(finding, FINDING_WARNING, "sysctl -w %s", fix);
}

void doctor_inotify(struct finding *finding)
{
	look_at_limit(finding, "/proc/sys/fs/inotify/max_user_instances", 128,
		      "fs.inotify.max_user_instances=1024");
}

void doctor_keys(struct finding *finding)
{
	look_at_limit(finding, "/proc/sys/kernel/keys/maxkeys", 200, "kernel.keys.maxkeys=2000");
}

void doctor_open_files(struct finding *finding)
{
	struct rlimit limit = {0};

	getrlimit(RLIMIT_NOFILE, &limit);
	finding_found(finding, "%lu", (unsigned long)limit.rlim_max);
	if (limit.rlim_max < 64000)
		finding_grade(finding, FINDING_WARNING,
			      "as root, `%s hard nofile 524288` in /etc/security/limits.conf, then "
			      "log in again",
			      doctor_user_name());
}

bool doctor_lingers(void)
{
	char path[120];

	snprintf(path, sizeof(path), "/var/lib/systemd/linger/%.80s", doctor_user_name());
	return access(path, F_OK) == 0;
}

void doctor_linger(struct finding *finding)
{
	if (!podman_systemd_booted()) {
		finding_found(finding, "no systemd");
		return;
	}
	finding_found(finding, "%s", doctor_lingers() ? "on" : "off");
	if (!doctor_lingers())
		finding_fix(finding, FINDING_WARNING, "loginctl enable-linger %s",
			    doctor_user_name());
}
