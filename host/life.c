/* SPDX-License-Identifier: MIT */
/* Commands that change the state of a cluster that is there, or work in its node. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cluster.h"
#include "launch.h"
#include "podman.h"
#include "quadlet.h"
#include "quadlet_file.h"

enum { STOP_TIMEOUT_MS = 120000, PAUSE_TIMEOUT_MS = 60000 };

static bool is(const struct cluster *cluster, const char *state)
{
	return strcmp(cluster->state, state) == 0;
}

static int run_verb(const char *verb, const char *name, int timeout_ms, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];
	cleanup_podman struct podman podman = podman_new();

	cluster_container(name, container);
	podman_add(&podman, verb);
	podman_add(&podman, container);
	return podman_run(&podman, timeout_ms, NULL, err);
}

int command_stop(struct launch *launch, struct kinc_error *err)
{
	struct cluster cluster;
	int result = cluster_find(launch->cluster, &cluster, err);

	if (result < 0)
		return cluster_exit_status(result);
	/* Frozen processes take no signal. */
	if (is(&cluster, "paused"))
		result = run_verb("unpause", cluster.name, PAUSE_TIMEOUT_MS, err);
	if (result == 0 && quadlet_installed(cluster.name))
		result = quadlet_stop(cluster.name, err);
	else if (result == 0 && (is(&cluster, "running") || is(&cluster, "paused")))
		result = run_verb("stop", cluster.name, STOP_TIMEOUT_MS, err);
	if (result < 0)
		return KINC_EXIT_SYSTEM;
	launch_say("cluster %s is stopped: `kinc-launch --cluster %s start` starts it",
		   cluster.name, cluster.name);
	return KINC_EXIT_OK;
}

int command_start(struct launch *launch, struct kinc_error *err)
{
	struct cluster cluster;
	int result = cluster_find(launch->cluster, &cluster, err);

	return result < 0 ? cluster_exit_status(result) : command_up(launch, err);
}

int command_pause(struct launch *launch, struct kinc_error *err)
{
	struct cluster cluster;
	int result = cluster_find(launch->cluster, &cluster, err);

	if (result == 0 && !is(&cluster, "paused"))
		result = cluster_find_running(launch->cluster, &cluster, err);
	if (result < 0)
		return cluster_exit_status(result);
	if (!is(&cluster, "paused"))
		result = run_verb("pause", cluster.name, PAUSE_TIMEOUT_MS, err);
	if (result < 0)
		return KINC_EXIT_SYSTEM;
	launch_say("cluster %s is paused: `kinc-launch --cluster %s resume` lets it go on",
		   cluster.name, cluster.name);
	return KINC_EXIT_OK;
}

int command_resume(struct launch *launch, struct kinc_error *err)
{
	struct cluster cluster;
	int result = cluster_find(launch->cluster, &cluster, err);

	if (result == 0 && !is(&cluster, "paused"))
		result = cluster_find_running(launch->cluster, &cluster, err);
	if (result < 0)
		return cluster_exit_status(result);
	if (is(&cluster, "paused"))
		result = run_verb("unpause", cluster.name, PAUSE_TIMEOUT_MS, err);
	if (result < 0)
		return KINC_EXIT_SYSTEM;
	launch_say("cluster %s goes on", cluster.name);
	return KINC_EXIT_OK;
}

int command_exec(struct launch *launch, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];
	struct cluster cluster;
	int result = cluster_find_running(launch->cluster, &cluster, err);
	cleanup_podman struct podman podman = podman_new();

	if (result < 0)
		return cluster_exit_status(result);
	cluster_container(cluster.name, container);
	podman_add(&podman, "exec");
	podman_add(&podman, "--interactive");
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		podman_add(&podman, "--tty");
	podman_add(&podman, container);
	for (int i = 0; i < launch->operand_count; i++)
		podman_add(&podman, launch->operands[i]);
	if (launch->operand_count == 0)
		podman_add(&podman, "bash");
	podman_exec(&podman, err);
	return KINC_EXIT_SYSTEM;
}
