/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_DOCTOR_H
#define KINC_HOST_DOCTOR_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/*
 * What a cluster needs of the host, a check each, in an order in which one
 * failing would make a later one fail for the wrong reason.
 */
enum finding_grade {
	FINDING_OK,
	FINDING_UNKNOWN, /* cannot be told while an earlier one is missing */
	FINDING_WARNING, /* a cluster runs, but not as well as it could */
	FINDING_MISSING, /* no cluster can run */
};

struct finding {
	enum finding_grade grade;
	char found[160];
	char mend[200]; /* one line; "" when nothing is to be mended */
	char fix[160];	/* what root would run: words separated by one space; "" when root cannot
			   help */
};

struct doctor_check {
	const char *name, *needed;
	void (*look)(struct finding *finding);
};
extern const struct doctor_check doctor_checks[];
extern const size_t doctor_check_count;

/*
 * The first check that finds something missing, as one sentence with the mend.
 * Tells of nothing else.
 */
int doctor_check(struct kinc_error *err);

/* All checks made, as `doctor --json` prints them; the caller's. NULL without memory. */
cJSON *doctor_look(void);

/* Fills in a finding: what was found, and what is wrong with it. */
void finding_found(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void finding_grade(struct finding *finding, enum finding_grade grade, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same, to be mended by root with that command. */
void finding_fix(struct finding *finding, enum finding_grade grade, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The checks of the table: of the kernel and the user (doctor_host.c), of podman (doctor_podman.c).
 */
void doctor_user(struct finding *finding), doctor_kernel(struct finding *finding),
	doctor_user_namespaces(struct finding *finding),
	doctor_id_programs(struct finding *finding), doctor_subuids(struct finding *finding),
	doctor_subgids(struct finding *finding), doctor_runtime_dir(struct finding *finding),
	doctor_user_bus(struct finding *finding),
	doctor_cgroup_v2(struct finding *finding), doctor_cgroup(struct finding *finding),
	doctor_controllers(struct finding *finding), doctor_fuse(struct finding *finding),
	doctor_tun(struct finding *finding), doctor_overlay(struct finding *finding),
	doctor_memory(struct finding *finding), doctor_inotify(struct finding *finding),
	doctor_keys(struct finding *finding), doctor_open_files(struct finding *finding),
	doctor_linger(struct finding *finding);
void doctor_podman(struct finding *finding), doctor_network_program(struct finding *finding),
	doctor_info(struct finding *finding), doctor_runtime(struct finding *finding),
	doctor_storage(struct finding *finding), doctor_disk(struct finding *finding),
	doctor_image(struct finding *finding);

/* Of doctor_container.c: what a container keeps from those in it. */
void doctor_container(struct finding *finding);
bool doctor_in_container(void);

/* "podman version 4.3.1" to 403; -EINVAL for anything else. */
int doctor_parse_version(const char *text);

/* The calling user's name. */
const char *doctor_user_name(void);

/* The command that installs a package, with the name that Debian gives it. */
void doctor_install(struct finding *finding, const char *package);

/* Whether systemd runs the calling user's units without a login. */
bool doctor_lingers(void);

enum { DOCTOR_PATH_MAX = 512 };
bool doctor_program_in_path(const char *name);
/* The same, and where it is. */
bool doctor_program_find(const char *name, char full[DOCTOR_PATH_MAX]);

#endif
