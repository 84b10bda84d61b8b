/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Podman 4.4 and newer have a generator that makes units of
 * the user's systemd out of .container files. `quadlet install` writes one for
 * the cluster, with the port and the subnets that it has or would get. Systemd
 * removes the container whenever the unit stops and makes it anew when it
 * starts: the cluster is what its volumes hold, and the file tells of it while
 * there is no container.
 */
#include "quadlet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "choose.h"
#include "cleanup.h"
#include "cluster.h"
#include "container.h"
#include "doctor.h"
#include "image.h"
#include "io.h"
#include "launch.h"
#include "podman.h"
#include "quadlet_file.h"
#include "run.h"

enum { QUADLET_SINCE = 404, SYSTEMCTL_TIMEOUT_MS = 180000, OUTPUT_MAX = 1 << 16 };

static int systemctl(const char *verb, const char *name, struct kinc_error *err)
{
	cleanup_run_result struct kinc_run_result done = {0};
	char unit[QUADLET_UNIT_MAX] = "", reason[600];
	const char *words[] = {"systemctl", "--user", verb, NULL, NULL, NULL};

	if (name) {
		quadlet_unit(name, unit);
		words[3] = unit;
		words[4] = strcmp(verb, "start") == 0 ? "--no-block" : NULL;
	}
	int result = kinc_run(words, OUTPUT_MAX, SYSTEMCTL_TIMEOUT_MS, &done, err);
	if (result == -ENOENT)
		return kinc_error_set(err, ENOENT,
				      "systemctl is not here: no systemd would start "
				      "the unit");
	if (result < 0 || done.status == 0)
		return result;
	podman_last_line(done.errors, reason, sizeof(reason));
	return kinc_error_set(err, EREMOTEIO, "systemctl --user %s%s%s: %s", verb, name ? " " : "",
			      unit, reason);
}

int quadlet_start(const char *name, struct kinc_error *err)
{
	return systemctl("start", name, err);
}

int quadlet_stop(const char *name, struct kinc_error *err)
{
	return systemctl("stop", name, err);
}

int quadlet_runs(const char *name, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];
	int result = systemctl("is-failed", name, NULL);

	if (result == -EREMOTEIO) /* anything but failed */
		return 0;
	cluster_container(name, container);
	return kinc_error_set(err, ECONNRESET,
			      "the unit of cluster %s failed: `journalctl --user --unit %s` tells "
			      "why",
			      name, container);
}

int quadlet_remove(const char *name, struct kinc_error *err)
{
	char path[CLUSTER_PATH_MAX];

	if (!quadlet_installed(name))
		return 0;
	int result = quadlet_path(name, path, err);
	if (result == 0)
		result = systemctl("stop", name, err);
	/* A unit that systemd never saw has nothing to stop. */
	if (result == -EREMOTEIO && err && strstr(err->message, "not loaded")) {
		*err = (struct kinc_error){0};
		result = 0;
	}
	if (result == 0 && unlink(path) < 0)
		result = kinc_error_errno(err, errno, "cannot remove %s", path);
	return result < 0 ? result : systemctl("daemon-reload", NULL, err);
}

static int check_podman(struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	int result = podman_call(&text, err, "--version", PODMAN_END);

	if (result < 0)
		return result;
	text[strcspn(text, "\n")] = '\0';
	if (doctor_parse_version(text) < QUADLET_SINCE)
		return kinc_error_set(err, ENOTSUP,
				      "%s reads no .container files: that takes 4.4 or newer, as "
				      "in Debian 13",
				      text);
	return 0;
}

/* The cluster that is there, or the place that it would get. */
static int describe(const struct launch *launch, struct cluster *ret, bool *ret_there,
		    struct kinc_error *err)
{
	cleanup_clusters struct cluster_list list = {0};
	cleanup_free char *image = NULL;
	struct choose_asked asked = {0};
	int result = choose_asked(launch, &asked, err);

	if (result == 0)
		result = cluster_list_load(&list, err);
	if (result < 0)
		return result;
	const struct cluster *existing = cluster_list_find(&list, launch->cluster);
	*ret_there = existing != NULL;
	if (existing)
		*ret = *existing;
	if (existing && !existing->port)
		return kinc_error_set(err, EPROTO, "container of cluster %s lacks kinc's labels",
				      launch->cluster);
	if (asked.configured && existing)
		result = choose_check_families(existing, asked.options, err);
	if (result < 0)
		return result;
	if (asked.configured)
		snprintf(ret->options, sizeof(ret->options), "%s", asked.options);
	if (!existing || asked.image) {
		result = image_resolve(asked.image, &image, err);
		if (result == 0)
			snprintf(ret->image, sizeof(ret->image), "%s", image);
	}
	if (result == 0 && !existing) {
		snprintf(ret->name, sizeof(ret->name), "%s", launch->cluster);
		result = choose_place(launch, &list, ret, err);
	}
	return result;
}

static int print(const struct launch *launch, struct kinc_error *err)
{
	struct cluster cluster = {0};
	cleanup_free char *text = NULL;
	bool there = false;
	int result = describe(launch, &cluster, &there, err);

	if (result == 0)
		result = quadlet_print(&cluster, &text, err);
	if (result == 0 && fputs(text, stdout) < 0)
		result = kinc_error_errno(err, errno, "cannot print");
	return result;
}

/* A cluster that is there leaves its container to systemd and goes on with its volumes. */
static int take_over(const struct cluster *cluster, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];

	if (strcmp(cluster->state, "running") == 0 || strcmp(cluster->state, "paused") == 0)
		return kinc_error_set(err, ESRCH,
				      "cluster %s is %s: `kinc-launch --cluster %s stop` first",
				      cluster->name, cluster->state, cluster->name);
	cluster_container(cluster->name, container);
	return podman_call(NULL, err, "rm", container, PODMAN_END);
}

static int install(const struct launch *launch, struct kinc_error *err)
{
	struct cluster cluster = {0};
	cleanup_free char *text = NULL;
	char path[CLUSTER_PATH_MAX];
	bool there = false;
	cleanup_close int lock = cluster_lock(err);
	int result = lock < 0 ? lock : check_podman(err);

	if (result == 0)
		result = describe(launch, &cluster, &there, err);
	if (result == 0 && there && !quadlet_installed(cluster.name))
		result = take_over(&cluster, err);
	if (result == 0)
		result = quadlet_print(&cluster, &text, err);
	if (result == 0)
		result = quadlet_path(cluster.name, path, err);
	if (result != 0)
		return result;
	*strrchr(path, '/') = '\0';
	result = kinc_make_directories(path, 0755, err);
	path[strlen(path)] = '/';
	if (result == 0)
		result = kinc_write_file_atomic(path, text, strlen(text), 0644, err);
	if (result < 0)
		return result;
	launch_say("%s is written: cluster %s, port %d", path, cluster.name, cluster.port);
	result = systemctl("daemon-reload", NULL, err);
	if (result == 0)
		launch_say("systemd starts it at login, or at boot with `loginctl enable-linger`; "
			   "`kinc-launch --cluster %s start` does it now",
			   cluster.name);
	return result;
}

/*
 * The volumes go on as an ordinary cluster. One that never started has none,
 * and is no cluster any more.
 */
static int hand_back(const struct cluster *cluster, struct kinc_error *err)
{
	char runtime_dir[CLUSTER_PATH_MAX], cgroup[CLUSTER_PATH_MAX], volume[CLUSTER_TEXT_MAX];
	cleanup_podman struct podman podman = podman_new();
	int result = cluster_runtime_dir(cluster->name, runtime_dir, err);

	cluster_volume(cluster->name, "var-data", volume);
	if (result < 0 || podman_call(NULL, NULL, "volume", "exists", volume, PODMAN_END) < 0)
		return result;
	/* Systemd removed it with the unit; Podman 5 looks for it when a container is made. */
	result = kinc_make_directories(runtime_dir, 0700, err);
	if (result < 0)
		return result;
	const struct container_ground ground =
		container_ground_here(cluster->name, runtime_dir, cgroup);
	podman_add(&podman, "create");
	podman_add(&podman, "--replace");
	container_add_options(&podman, cluster, &ground);
	podman_add(&podman, cluster->image);
	result = podman_run(&podman, SYSTEMCTL_TIMEOUT_MS, NULL, err);
	if (result == 0)
		launch_say("cluster %s is stopped and a unit no more: `kinc-launch --cluster %s "
			   "start` starts it",
			   cluster->name, cluster->name);
	return result;
}

static int uninstall(const struct launch *launch, struct kinc_error *err)
{
	struct cluster cluster;
	cleanup_close int lock = cluster_lock(err);
	int result = lock < 0 ? lock : cluster_find(launch->cluster, &cluster, err);

	if (result == 0 && !quadlet_installed(launch->cluster))
		result = kinc_error_set(err, ESRCH, "cluster %s is not a unit of systemd",
					launch->cluster);
	if (result == 0)
		result = quadlet_remove(launch->cluster, err);
	return result < 0 ? result : hand_back(&cluster, err);
}

int command_quadlet(struct launch *launch, struct kinc_error *err)
{
	static const struct {
		const char *word;
		int (*run)(const struct launch *launch, struct kinc_error *err);
	} verbs[] = {{"print", print}, {"install", install}, {"remove", uninstall}};
	const char *word = launch->operand_count == 1 ? launch->operands[0] : "";

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(word, verbs[i].word) != 0)
			continue;
		int result = verbs[i].run(launch, err);
		if (result == -EINVAL || result == -E2BIG)
			return KINC_EXIT_MISUSE;
		return result == -EADDRINUSE ? KINC_EXIT_NOT_SO : cluster_exit_status(result);
	}
	kinc_error_set(err, EINVAL, "quadlet what? print, install or remove");
	return KINC_EXIT_MISUSE;
}
