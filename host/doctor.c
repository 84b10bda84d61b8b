/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "enter.h"
#include "json.h"
#include "launch.h"
#include "podman.h"
#include "storage.h"
#include "user.h"

enum { PODMAN_OLDEST = 400 };

static const char *user_name(void)
{
	const struct passwd *entry = getpwuid(getuid()); /* NOLINT: one thread */

	return entry ? entry->pw_name : "USER";
}

static int check_ordinary_user(struct kinc_error *err)
{
	if (geteuid() != 0)
		return 0;
	return kinc_error_set(err, EPERM,
			      "clusters belong to an ordinary user: `kinc-launch ground --user "
			      "USER`, then `kinc-launch enter --user USER -- kinc-launch up`");
}

int doctor_parse_version(const char *text)
{
	static const char before[] = "podman version ";
	char *end = NULL;

	if (strncmp(text, before, sizeof(before) - 1) != 0)
		return -EINVAL;
	unsigned long major = strtoul(text + sizeof(before) - 1, &end, 10);
	if (*end != '.' || major > 999)
		return -EINVAL;
	unsigned long minor = strtoul(end + 1, NULL, 10);
	return (int)(major * 100 + (minor > 99 ? 99 : minor));
}

static int check_podman(struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	int result = podman_call(&text, err, "--version", PODMAN_END);

	if (result < 0 || !text)
		return result;
	int version = doctor_parse_version(text);
	if (version < 0)
		return kinc_error_set(err, EPROTO, "podman does not tell its version");
	if (version < PODMAN_OLDEST)
		return kinc_error_set(err, ENOTSUP,
				      "podman %d.%d is too old: kinc needs 4.0 or newer "
				      "(Debian 12 has 4.3)",
				      version / 100, version % 100);
	return 0;
}

static bool program_in_path(const char *name)
{
	const char *path = getenv("PATH");

	for (const char *at = path ? path : "/usr/bin"; *at; at += *at == ':') {
		char full[512];
		int length = (int)strcspn(at, ":");
		snprintf(full, sizeof(full), "%.*s/%s", length, at, name);
		if (access(full, X_OK) == 0)
			return true;
		at += length;
	}
	return false;
}

static int check_subids(struct kinc_error *err)
{
	if (!program_in_path("newuidmap"))
		return kinc_error_set(err, ENOENT,
				      "newuidmap is missing: as root, `apt-get install uidmap`");
	return user_check_subids("", user_name(), getuid(), err);
}

static int check_cgroup(struct kinc_error *err)
{
	struct statfs status;
	char path[160];

	if (statfs("/sys/fs/cgroup", &status) < 0 || status.f_type != CGROUP2_SUPER_MAGIC)
		return kinc_error_set(
			err, ENOTSUP,
			"/sys/fs/cgroup is not cgroup v2: as root, `kinc-launch ground "
			"--user %s`",
			user_name());
	if (enter_is_delegated())
		return 0;
	/* With systemd, podman asks the user's manager for a cgroup. */
	snprintf(path, sizeof(path),
		 "/sys/fs/cgroup/user.slice/user-%u.slice/user@%u.service/cgroup.procs", getuid(),
		 getuid());
	if (podman_systemd_booted() && access(path, W_OK) == 0)
		return 0;
	if (podman_systemd_booted())
		return kinc_error_set(
			err, EACCES,
			"no cgroup is delegated to %s: as root, `loginctl enable-linger "
			"%s`",
			user_name(), user_name());
	return kinc_error_set(
		err, EACCES,
		"no cgroup is delegated to %s: as root, `kinc-launch ground --user %s`",
		user_name(), user_name());
}

static int check_device(const char *path, const char *module, struct kinc_error *err)
{
	cleanup_close int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return 0;
	if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
		return kinc_error_errno(err, errno, "%s: as root, `modprobe %s`", path, module);
	return kinc_error_errno(err, errno, "%s must be open to %s: as root, `chmod 0666 %s`", path,
				user_name(), path);
}

static int check_devices(struct kinc_error *err)
{
	int result = check_device("/dev/fuse", "fuse", err);

	if (result < 0)
		return result;
	if (program_in_path("slirp4netns") || program_in_path("pasta"))
		return check_device("/dev/net/tun", "tun", err);
	return kinc_error_set(err, ENOENT,
			      "neither slirp4netns nor pasta is installed: as root, "
			      "`apt-get install slirp4netns`");
}

static int check_info(struct kinc_error *err)
{
	cleanup_json cJSON *info = NULL;
	const char *home = getenv("HOME");
	int wrote = home ? storage_prefer_overlay(home, err) : 0;

	if (wrote < 0)
		return wrote;
	if (wrote > 0)
		launch_say("wrote %s/.config/containers/storage.conf: overlay instead of vfs",
			   home);
	int result = podman_call_json(&info, err, "info", "--format", "json", PODMAN_END);
	if (result < 0)
		return result;
	const cJSON *host = kinc_json_get(info, "host");
	if (!kinc_json_bool(kinc_json_get(host, "security"), "rootless", false))
		return kinc_error_set(err, EPERM, "podman does not run rootless here");
	if (strcmp(kinc_json_string(host, "cgroupVersion", ""), "v2") != 0)
		return kinc_error_set(err, ENOTSUP,
				      "podman sees no cgroup v2: as root, "
				      "`kinc-launch ground --user %s`",
				      user_name());
	const char *driver = kinc_json_string(kinc_json_get(info, "store"), "graphDriverName", "");
	if (strcmp(driver, "overlay") != 0)
		return kinc_error_set(
			err, ENOTSUP,
			"podman stores images with driver %s, kinc needs overlay: set "
			"`driver = \"overlay\"` in ~/.config/containers/storage.conf "
			"after `podman system reset`",
			*driver ? driver : "(unnamed)");
	return 0;
}

int doctor_check(struct kinc_error *err)
{
	static int (*const checks[])(struct kinc_error *) = {
		check_ordinary_user, check_podman,  check_subids,
		check_cgroup,	     check_devices, check_info,
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		int result = checks[i](err);
		if (result < 0)
			return result;
	}
	return 0;
}

int command_doctor(struct launch *launch, struct kinc_error *err)
{
	(void)launch;
	if (doctor_check(err) < 0)
		return KINC_EXIT_SYSTEM;
	puts("everything that a cluster needs is here");
	return KINC_EXIT_OK;
}
