/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "doctor.h"
#include "image.h"
#include "json.h"
#include "launch.h"
#include "podman.h"
#include "storage.h"

enum { PODMAN_OLDEST = 400 };

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

void doctor_podman(struct finding *finding)
{
	static const char before[] = "podman version ";
	cleanup_free char *text = NULL;
	struct kinc_error reason = {0};
	int result = podman_call(&text, &reason, "--version", PODMAN_END);

	if (result == -ENOENT) {
		finding_found(finding, "not installed");
		doctor_install(finding, "podman crun slirp4netns uidmap");
		return;
	}
	if (result < 0 || !text) {
		finding_found(finding, "%.150s", reason.message);
		finding_grade(finding, FINDING_MISSING, "see what `podman --version` says");
		return;
	}
	int version = doctor_parse_version(text);
	text[strcspn(text, "\n")] = '\0';
	finding_found(finding, "%.60s", version < 0 ? text : text + sizeof(before) - 1);
	if (version < PODMAN_OLDEST)
		finding_grade(finding, FINDING_MISSING, "install a newer one: Debian 12 has 4.3");
}

void doctor_network_program(struct finding *finding)
{
	bool slirp = doctor_program_in_path("slirp4netns"), pasta = doctor_program_in_path("pasta");

	finding_found(finding, "%s",
		      slirp && pasta ? "both"
		      : slirp	     ? "slirp4netns"
		      : pasta	     ? "pasta"
				     : "neither");
	if (!slirp && !pasta)
		doctor_install(finding, "slirp4netns");
}

/* What `podman info` says, asked once; NULL when it fails, or would for want of something else. */
static const cJSON *info(struct kinc_error *err)
{
	static cJSON *told;
	static struct kinc_error reason;

	if (!told && !reason.code)
		(void)podman_call_json(&told, &reason, "info", "--format", "json", PODMAN_END);
	if (!told && err)
		*err = reason;
	return told;
}

static const cJSON *info_or_unknown(struct finding *finding)
{
	const cJSON *told = info(NULL);

	if (!told) {
		finding_found(finding, "podman does not tell");
		finding->grade = FINDING_UNKNOWN;
	}
	return told;
}

void doctor_info(struct finding *finding)
{
	struct kinc_error reason = {0};
	const char *home = getenv("HOME");

	/* Before podman looks for the first time. */
	if (home && geteuid() != 0 && storage_prefer_overlay(home, NULL) > 0)
		launch_say("wrote %s/.config/containers/storage.conf: overlay instead of vfs",
			   home);
	const cJSON *host = kinc_json_get(info(&reason), "host");
	if (!host) {
		finding_found(finding, "%.150s", reason.message);
		finding_grade(finding, FINDING_MISSING, "see what `podman info` says");
		return;
	}
	bool rootless = kinc_json_bool(kinc_json_get(host, "security"), "rootless", false);
	const char *version = kinc_json_string(host, "cgroupVersion", "?");
	finding_found(finding, "%s, cgroup %.20s", rootless ? "rootless" : "rootful", version);
	if (!rootless)
		finding_grade(finding, FINDING_MISSING,
			      "run podman as an ordinary user, without CONTAINER_HOST");
	else if (strcmp(version, "v2") != 0)
		finding_fix(finding, FINDING_MISSING, "kinc-launch ground --user %s",
			    doctor_user_name());
}

void doctor_runtime(struct finding *finding)
{
	const cJSON *told = info_or_unknown(finding);
	const cJSON *runtime = kinc_json_get(kinc_json_get(told, "host"), "ociRuntime");
	const char *name = kinc_json_string(runtime, "name", "unnamed");

	if (!told)
		return;
	finding_found(finding, "%.60s", name);
	if (strcmp(name, "crun") != 0) {
		finding_grade(finding, FINDING_WARNING,
			      "install crun and set runtime = \"crun\" under [engine] in "
			      "~/.config/containers/containers.conf");
	}
}

void doctor_storage(struct finding *finding)
{
	const cJSON *told = info_or_unknown(finding);
	const char *driver =
		kinc_json_string(kinc_json_get(told, "store"), "graphDriverName", "unnamed");

	if (!told)
		return;
	finding_found(finding, "driver %.60s", driver);
	if (strcmp(driver, "overlay") != 0)
		finding_grade(finding, FINDING_MISSING,
			      "`podman system reset`, then driver = \"overlay\" under [storage] in "
			      "~/.config/containers/storage.conf");
}

void doctor_disk(struct finding *finding)
{
	const cJSON *told = info_or_unknown(finding);
	const char *root = kinc_json_string(kinc_json_get(told, "store"), "graphRoot", "/");
	struct statvfs status;

	if (!told)
		return;
	if (statvfs(root, &status) < 0) {
		finding_found(finding, "%.100s: %s", root, strerror(errno));
		finding->grade = FINDING_UNKNOWN;
		return;
	}
	double gib = (double)status.f_bavail * (double)status.f_frsize / (1 << 30);
	finding_found(finding, "%.1f GiB", gib);
	if (gib < 3)
		finding_grade(finding, FINDING_WARNING,
			      "free some of the file system of %.100s: `podman system prune`",
			      root);
}

void doctor_image(struct finding *finding)
{
	cleanup_free char *image = NULL;

	if (!info_or_unknown(finding))
		return;
	if (image_resolve(NULL, &image, NULL) == 0) {
		finding_found(finding, "%.120s", image);
		return;
	}
	finding_found(finding, "none");
	finding_grade(finding, FINDING_WARNING, "`make image`, or name one by --image");
}
