/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. `up` looks before it makes anything: host, existing
 * clusters, image, port and subnets. What it then makes is noted in struct up
 * as it is made, and taken back in reverse order when a later step fails, so
 * that a failed `up` leaves what it found. Choosing and creating happen under
 * one lock; the wait for the boot does not hold it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot.h"
#include "choose.h"
#include "cleanup.h"
#include "cluster.h"
#include "container.h"
#include "doctor.h"
#include "image.h"
#include "io.h"
#include "json.h"
#include "kubeconfig.h"
#include "launch.h"
#include "mend.h"
#include "network.h"
#include "podman.h"
#include "quadlet.h"
#include "quadlet_file.h"
#include "remove.h"

enum { RUN_TIMEOUT_MS = 180000 };

struct up {
	const struct launch *launch;
	struct cluster cluster;
	struct choose_asked asked;
	char *image;
	struct remove_parts made;
	char kubeconfig[CLUSTER_PATH_MAX]; /* "" until it is there */
};

static int make_runtime_dir(struct up *up, char path[CLUSTER_PATH_MAX], struct kinc_error *err)
{
	struct stat status;
	int result = cluster_runtime_dir(up->cluster.name, path, err);

	if (result < 0)
		return result;
	if (lstat(path, &status) < 0)
		up->made.runtime_dir = true;
	result = kinc_make_directories(path, 0700, err);
	if (result == 0 && (lstat(path, &status) < 0 || !S_ISDIR(status.st_mode) ||
			    status.st_uid != getuid() || chmod(path, 0700) < 0))
		result = kinc_error_set(err, EACCES, "%s is not a directory of yours", path);
	return result;
}

static int make_volume(struct up *up, const char *which, bool *made, struct kinc_error *err)
{
	char volume[CLUSTER_TEXT_MAX], label[80];

	cluster_volume(up->cluster.name, which, volume);
	snprintf(label, sizeof(label), "--label=io.kinc.cluster=%s", up->cluster.name);
	/* What an earlier cluster of that name left is not for this one. */
	if (podman_call(NULL, NULL, "volume", "exists", volume, PODMAN_END) == 0)
		return kinc_error_set(err, EEXIST,
				      "volume %s is left over: `kinc-launch --cluster %s down` "
				      "removes it",
				      volume, up->cluster.name);
	int result = podman_call(NULL, err, "volume", "create", label, volume, PODMAN_END);
	*made = result == 0;
	return result;
}

static int run_container(struct up *up, const char *runtime_dir, struct kinc_error *err)
{
	char cgroup[CLUSTER_PATH_MAX];
	const struct container_ground ground =
		container_ground_here(up->cluster.name, runtime_dir, cgroup);
	cleanup_podman struct podman podman = podman_new();

	podman_add(&podman, "run");
	podman_add(&podman, "--detach");
	container_add_options(&podman, &up->cluster, &ground);
	podman_add(&podman, up->image);
	/* From here on there may be a container, even if podman is cut short. */
	up->made.container = true;
	int result = podman_run(&podman, RUN_TIMEOUT_MS, NULL, err);
	const struct kinc_error why = result < 0 && err ? *err : (struct kinc_error){0};
	const char *mend = mend_of(why.message);
	return mend ? kinc_error_set(err, -result, "%s; %s", why.message, mend) : result;
}

static int create(struct up *up, const struct cluster_list *list, struct kinc_error *err)
{
	char runtime_dir[CLUSTER_PATH_MAX];
	int result = image_resolve(up->asked.image, &up->image, err);

	snprintf(up->cluster.options, sizeof(up->cluster.options), "%s", up->asked.options);
	snprintf(up->cluster.name, sizeof(up->cluster.name), "%s", up->launch->cluster);
	if (result == 0)
		result = choose_place(up->launch, list, &up->cluster, err);
	if (result == 0)
		result = make_runtime_dir(up, runtime_dir, err);
	if (result == 0)
		result = make_volume(up, "var-data", &up->made.data, err);
	if (result == 0)
		result = make_volume(up, "config", &up->made.config, err);
	if (result == 0)
		result = run_container(up, runtime_dir, err);
	if (result < 0)
		return result;
	launch_say("cluster %s starts from %s on port %d", up->cluster.name, up->image,
		   up->cluster.port);
	return 0;
}

static int revive(struct up *up, const struct cluster *existing, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX], path[CLUSTER_PATH_MAX];

	up->cluster = *existing;
	if (!existing->port)
		return kinc_error_set(err, EPROTO,
				      "container of cluster %s lacks kinc's labels: `kinc-launch "
				      "--cluster %s down` removes it",
				      existing->name, existing->name);
	if (strcmp(existing->state, "running") == 0) {
		launch_say("cluster %s runs already on port %d: waiting until it is ready",
			   existing->name, existing->port);
		return 0;
	}
	launch_say("cluster %s is there (%s): starting it again", existing->name, existing->state);
	if (quadlet_installed(existing->name) && strcmp(existing->state, "paused") != 0)
		return quadlet_start(existing->name, err);
	cluster_container(existing->name, container);
	if (strcmp(existing->state, "paused") == 0)
		return podman_call(NULL, err, "unpause", container, PODMAN_END);
	int result = make_runtime_dir(up, path, err);
	up->made.runtime_dir = false;
	if (result == 0)
		result = podman_call(NULL, err, "start", container, PODMAN_END);
	return result;
}

/* Whether the existing container was made from another image than the one asked for. */
static int wants_another_image(const struct up *up, const struct cluster *existing, bool *ret,
			       struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];
	cleanup_free char *wanted = NULL, *have = NULL;

	cluster_container(existing->name, container);
	int result = podman_call(&wanted, err, "image", "inspect", "--format", "{{.Id}}", up->image,
				 PODMAN_END);
	if (result == 0)
		result = podman_call(&have, err, "container", "inspect", "--format", "{{.Image}}",
				     container, PODMAN_END);
	if (result == 0)
		*ret = strcmp(wanted, have) != 0;
	return result;
}

/* Whether the existing container is to be replaced; then up->image is from what. */
static int find_change(struct up *up, const struct cluster *existing, bool *ret,
		       struct kinc_error *err)
{
	bool configured =
		up->asked.configured && strcmp(up->asked.options, existing->options) != 0;
	const char *image = up->asked.image;

	if (!configured && !image)
		return 0;
	if (quadlet_installed(existing->name))
		return kinc_error_set(err, EEXIST,
				      "cluster %s is a unit of systemd: `quadlet install` with "
				      "--image or --config changes it",
				      existing->name);
	int result = image_resolve(image ? image : existing->image, &up->image, err);
	if (result == 0 && configured)
		*ret = true;
	else if (result == 0)
		result = wants_another_image(up, existing, ret, err);
	return result;
}

static int stop_and_rename(const char *container, const char *kept, struct kinc_error *err)
{
	cleanup_podman struct podman stop = podman_new();

	podman_add(&stop, "stop");
	podman_add(&stop, container);
	int result = podman_run(&stop, RUN_TIMEOUT_MS, NULL, err);
	return result < 0 ? result : podman_call(NULL, err, "rename", container, kept, PODMAN_END);
}

/*
 * Another image or configuration: a new container with the volumes, the port and the subnets of
 * the old one, which waits under another name until the new one runs.
 */
static int replace(struct up *up, const struct cluster *existing, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX], kept[CLUSTER_TEXT_MAX + 8], runtime_dir[CLUSTER_PATH_MAX];
	bool ran = strcmp(existing->state, "running") == 0;

	cluster_container(existing->name, container);
	snprintf(kept, sizeof(kept), "%s-before", container);
	up->cluster = *existing;
	if (up->asked.configured)
		snprintf(up->cluster.options, sizeof(up->cluster.options), "%s", up->asked.options);
	int result = choose_check_families(existing, up->cluster.options, err);
	if (result < 0)
		return result;
	if (strcmp(up->image, existing->image) != 0)
		launch_say("cluster %s goes on with its data from %s instead of %s", existing->name,
			   up->image, existing->image);
	else
		launch_say("cluster %s goes on with its data, configured anew", existing->name);
	result = make_runtime_dir(up, runtime_dir, err);
	if (result == 0)
		result = stop_and_rename(container, kept, err);
	if (result == 0) {
		result = run_container(up, runtime_dir, err);
		if (result == 0)
			result = podman_call(NULL, err, "rm", kept, PODMAN_END);
		else if (podman_call(NULL, NULL, "rm", "--force", "--ignore", container,
				     PODMAN_END) == 0)
			podman_call(NULL, NULL, "rename", kept, container, PODMAN_END);
	}
	if (result < 0 && ran)
		podman_call(NULL, NULL, "start", container, PODMAN_END);
	/* The data was there before: nothing of this cluster is to be taken back. */
	up->made = (struct remove_parts){0};
	return result;
}

/* Under the lock: nobody must come upon what is about to be taken back. */
static void take_back(struct up *up)
{
	boot_ignore_signals();
	if (!up->launch->keep)
		remove_parts(up->launch->cluster, &up->made, NULL);
	up->made = (struct remove_parts){0};
}

static int up_locked(struct up *up, struct kinc_error *err)
{
	cleanup_clusters struct cluster_list list = {0};
	cleanup_close int lock = cluster_lock(err);

	if (lock < 0)
		return lock;
	int result = cluster_list_load(&list, err);
	if (result < 0)
		return result;
	const struct cluster *existing = cluster_list_find(&list, up->launch->cluster);
	bool another = false;
	if (existing && existing->port)
		result = find_change(up, existing, &another, err);
	if (result < 0)
		return result;
	if (!existing)
		result = create(up, &list, err);
	else
		result = another ? replace(up, existing, err) : revive(up, existing, err);
	if (result == 0 && boot_interrupted())
		result = kinc_error_set(err, ECANCELED, "interrupted");
	if (result < 0)
		take_back(up);
	return result;
}

static int exit_status(int result)
{
	switch (-result) {
	case 0:
		return KINC_EXIT_OK;
	case EINVAL:
	case E2BIG:
		return KINC_EXIT_MISUSE;
	case EREMOTEIO:
	case ETIMEDOUT:
	case ECONNRESET:
	case EADDRINUSE:
	case EEXIST:
	case ECANCELED:
		return KINC_EXIT_NOT_SO;
	default:
		return KINC_EXIT_SYSTEM;
	}
}

static int wait_and_fetch(struct up *up, struct kinc_error *err)
{
	const char *wanted = up->launch->wait_text ? up->launch->wait_text : "ready";
	const struct boot_options options = {
		.timeout_s = up->launch->timeout_s,
		.json = up->launch->json,
		.api_only = strcmp(wanted, "api") == 0,
	};

	/* Without an API server there is no kubeconfig yet; the next `up` or `kubeconfig` has it.
	 */
	if (strcmp(wanted, "none") == 0)
		return 0;
	int result = boot_wait(up->cluster.name, &options, err);
	up->made.kubeconfig = up->made.container;
	if (result == 0)
		result = kubeconfig_fetch(up->cluster.name, up->cluster.port, err);
	if (result == 0)
		result = cluster_kubeconfig(up->cluster.name, up->kubeconfig, err);
	if (result < 0 && up->made.container) {
		cleanup_close int lock = cluster_lock(NULL);
		(void)lock; /* without it all the same */
		take_back(up);
	}
	return result;
}

static void print_result(const struct up *up, int result, const struct kinc_error *err)
{
	cleanup_json cJSON *event = cJSON_CreateObject();

	cJSON_AddStringToObject(event, "event", "result");
	cJSON_AddBoolToObject(event, "ok", result == 0);
	cJSON_AddStringToObject(event, "cluster", up->launch->cluster);
	if (result < 0)
		cJSON_AddStringToObject(event, "error", err->message);
	if (up->cluster.port)
		cJSON_AddNumberToObject(event, "port", up->cluster.port);
	if (result == 0 && *up->kubeconfig)
		cJSON_AddStringToObject(event, "kubeconfig", up->kubeconfig);
	cleanup_free char *text = cJSON_PrintUnformatted(event);
	if (text)
		puts(text);
}

static int run(struct up *up, struct kinc_error *err)
{
	const struct launch *launch = up->launch;
	int result = launch->force_port ? network_parse_port(launch->force_port, err) : 0;

	if (result >= 0)
		result = doctor_check(err);
	/* What the host lacks is its fault, whatever the number says. */
	if (result < 0)
		return result == -EINVAL ? -EINVAL : -ENOSYS;
	result = choose_asked(launch, &up->asked, err);
	if (result == 0)
		result = up_locked(up, err);
	return result < 0 ? result : wait_and_fetch(up, err);
}

int command_up(struct launch *launch, struct kinc_error *err)
{
	struct up up = {.launch = launch};

	boot_catch_signals();
	int result = run(&up, err);
	free(up.image);
	if (launch->json)
		print_result(&up, result, err);
	if (result < 0)
		return exit_status(result);
	if (*up.kubeconfig)
		launch_say("cluster %s is ready: KUBECONFIG=%s", up.cluster.name, up.kubeconfig);
	else
		launch_say("cluster %s boots: `kinc-launch --cluster %s up` waits for it",
			   up.cluster.name, up.cluster.name);
	if (!launch->json && *up.kubeconfig)
		puts(up.kubeconfig);
	return KINC_EXIT_OK;
}
