/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "doctor_fix.h"
#include "json.h"
#include "launch.h"

const struct doctor_check doctor_checks[] = {
	{"user", "an ordinary one", doctor_user},
	{"kernel", "5.11", doctor_kernel},
	{"user-namespaces", "allowed", doctor_user_namespaces},
	{"container", "none, or an open one", doctor_container},
	{"podman", "4.0", doctor_podman},
	{"id-programs", "newuidmap, newgidmap", doctor_id_programs},
	{"subuids", "65535", doctor_subuids},
	{"subgids", "65535", doctor_subgids},
	{"runtime-directory", "yours, mode 0700", doctor_runtime_dir},
	{"user-bus", "there, where systemd is", doctor_user_bus},
	{"cgroup-v2", "at /sys/fs/cgroup", doctor_cgroup_v2},
	{"cgroup", "one of your own", doctor_cgroup},
	{"controllers", "cpu memory pids", doctor_controllers},
	{"fuse", "/dev/fuse open to you", doctor_fuse},
	{"network-program", "slirp4netns or pasta", doctor_network_program},
	{"tun", "/dev/net/tun open to you", doctor_tun},
	{"overlay", "known to the kernel", doctor_overlay},
	{"podman-info", "rootless, cgroup v2", doctor_info},
	{"runtime", "crun", doctor_runtime},
	{"storage", "overlay", doctor_storage},
	{"disk", "3.0 GiB", doctor_disk},
	{"memory", "1.0 GiB", doctor_memory},
	{"inotify", "128 instances", doctor_inotify},
	{"keys", "200", doctor_keys},
	{"open-files", "64000", doctor_open_files},
	{"linger", "on, where systemd is", doctor_linger},
	{"image", "a node image", doctor_image},
};
const size_t doctor_check_count = sizeof(doctor_checks) / sizeof(*doctor_checks);

const char *doctor_user_name(void)
{
	const struct passwd *entry = getpwuid(getuid()); /* NOLINT: one thread */

	return entry ? entry->pw_name : "USER";
}

void finding_found(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(finding->found, sizeof(finding->found), format, args);
	va_end(args);
	launch_clean(finding->found);
}

void finding_grade(struct finding *finding, enum finding_grade grade, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(finding->mend, sizeof(finding->mend), format, args);
	va_end(args);
	finding->grade = grade;
}

void finding_fix(struct finding *finding, enum finding_grade grade, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(finding->fix, sizeof(finding->fix), format, args);
	va_end(args);
	finding_grade(finding, grade, "as root, `%s`", finding->fix);
}

void doctor_install(struct finding *finding, const char *package)
{
	if (access("/usr/bin/dnf", X_OK) == 0)
		finding_fix(finding, FINDING_MISSING, "dnf install --assumeyes %s",
			    strcmp(package, "uidmap") == 0		? "shadow-utils"
			    : strcmp(package, "dbus-user-session") == 0 ? "dbus-daemon"
									: package);
	else
		finding_fix(finding, FINDING_MISSING, "apt-get install --yes %s", package);
}

bool doctor_program_find(const char *name, char full[DOCTOR_PATH_MAX])
{
	const char *path = getenv("PATH");

	for (const char *at = path ? path : "/usr/bin"; *at; at += *at == ':') {
		int length = (int)strcspn(at, ":");
		snprintf(full, DOCTOR_PATH_MAX, "%.*s/%s", length, at, name);
		if (access(full, X_OK) == 0)
			return true;
		at += length;
	}
	return false;
}

bool doctor_program_in_path(const char *name)
{
	char full[DOCTOR_PATH_MAX];

	return doctor_program_find(name, full);
}

int doctor_check(struct kinc_error *err)
{
	for (size_t i = 0; i < doctor_check_count; i++) {
		struct finding finding = {0};
		doctor_checks[i].look(&finding);
		if (finding.grade == FINDING_MISSING)
			return kinc_error_set(err, ENOTSUP, "%s: %s, needed: %s; %s",
					      doctor_checks[i].name, finding.found,
					      doctor_checks[i].needed, finding.mend);
	}
	return 0;
}

static const char *const grade_names[] = {
	[FINDING_OK] = "ok",
	[FINDING_UNKNOWN] = "unknown",
	[FINDING_WARNING] = "warning",
	[FINDING_MISSING] = "missing",
};

static cJSON *as_json(const struct finding *findings)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < doctor_check_count; i++) {
		const struct finding *finding = &findings[i];
		cJSON *row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "check", doctor_checks[i].name);
		cJSON_AddStringToObject(row, "grade", grade_names[finding->grade]);
		cJSON_AddStringToObject(row, "found", finding->found);
		cJSON_AddStringToObject(row, "needed", doctor_checks[i].needed);
		cJSON_AddStringToObject(row, "mend", finding->mend);
		cJSON_AddStringToObject(row, "fix", finding->fix);
		cJSON_AddItemToArray(list, row);
	}
	return list;
}

static void print_table(const cJSON *list)
{
	const cJSON *row;

	printf("  %-18s %-32s %s\n", "CHECK", "FOUND", "NEEDED");
	cJSON_ArrayForEach(row, list)
	{
		const char *grade = kinc_json_string(row, "grade", "");
		const char *mend = kinc_json_string(row, "mend", "");
		printf("%c %-18s %-32s %s\n",
		       *grade == 'o'   ? '+'
		       : *grade == 'w' ? '~'
		       : *grade == 'm' ? '!'
				       : '?',
		       kinc_json_string(row, "check", ""), kinc_json_string(row, "found", ""),
		       kinc_json_string(row, "needed", ""));
		if (*mend)
			printf("      %s\n", mend);
	}
}

static int count_grade(const cJSON *list, const char *grade)
{
	const cJSON *row;
	int count = 0;

	cJSON_ArrayForEach(row, list)
	{
		count += strcmp(kinc_json_string(row, "grade", ""), grade) == 0;
	}
	return count;
}

cJSON *doctor_look(void)
{
	struct finding *findings = calloc(doctor_check_count, sizeof(*findings));
	cJSON *list = NULL;

	for (size_t i = 0; findings && i < doctor_check_count; i++)
		doctor_checks[i].look(&findings[i]);
	if (findings)
		list = as_json(findings);
	free(findings);
	return list;
}

int command_doctor(struct launch *launch, struct kinc_error *err)
{
	cleanup_json cJSON *list = NULL;
	int result = 0;

	if (launch->user && geteuid() != 0) {
		kinc_error_set(err, EPERM, "--user is for root: you are asked about as you are");
		return KINC_EXIT_MISUSE;
	}
	if (!launch->user && geteuid() == 0) {
		kinc_error_set(err, EINVAL,
			       "doctor for whom? clusters belong to an ordinary user: give "
			       "--user USER");
		return KINC_EXIT_MISUSE;
	}
	/* As root the checks are those of the user, by that user. */
	if (launch->user)
		result = doctor_fix_user(launch->user, launch->fix, &list, err);
	else
		list = doctor_look();
	if (result < 0)
		return result == -EINVAL || result == -ENOENT ? KINC_EXIT_MISUSE : KINC_EXIT_SYSTEM;
	if (launch->json) {
		cleanup_free char *text = cJSON_Print(list);
		puts(text ? text : "[]");
	} else if (launch->fix && !launch->user) {
		doctor_fix_print(list);
	} else {
		print_table(list);
	}
	int missing = count_grade(list, "missing");
	if (!launch->json && !missing && (!launch->fix || launch->user))
		puts("everything that a cluster needs is here");
	return missing ? KINC_EXIT_SYSTEM : KINC_EXIT_OK;
}
