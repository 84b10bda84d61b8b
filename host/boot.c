/* SPDX-License-Identifier: MIT */
#include "boot.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "boot_explain.h"
#include "cleanup.h"
#include "cluster.h"
#include "control.h"
#include "json.h"
#include "launch.h"
#include "podman.h"
#include "progress.h"
#include "quadlet.h"
#include "quadlet_file.h"

enum { TICK_MS = 200, ASK_TIMEOUT_MS = 5000 };

static volatile sig_atomic_t interrupted;

static void note_signal(int number)
{
	interrupted = number;
}

void boot_catch_signals(void)
{
	/* No SA_RESTART: poll returns and the loop sees the flag. */
	const struct sigaction action = {.sa_handler = note_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

void boot_ignore_signals(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

bool boot_interrupted(void)
{
	return interrupted != 0;
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

struct boot {
	const char *name;
	const struct boot_options *options;
	struct progress progress;
	time_t deadline;
};

static int check_time(const struct boot *boot, struct kinc_error *err)
{
	if (interrupted)
		return kinc_error_set(err, ECANCELED, "interrupted");
	if (now_s() >= boot->deadline)
		return kinc_error_set(err, ETIMEDOUT, "cluster %s is not ready in time",
				      boot->name);
	return 0;
}

/* Until kinc-init listens; the container may as well end before it does. */
static int connect_init(const struct boot *boot, struct kinc_control *control, const char *socket,
			struct kinc_error *err)
{
	for (int attempt = 0;; attempt++) {
		struct timespec pause = {.tv_nsec = 50 * 1000000L};
		int result = kinc_control_connect(control, socket, NULL);
		if (result == 0)
			return 0;
		result = check_time(boot, err);
		if (result == -ETIMEDOUT)
			return kinc_error_set(err, ETIMEDOUT,
					      "the node of cluster %s does not answer on %s: its "
					      "image may not be one of kinc",
					      boot->name, socket);
		if (result == 0 && attempt % 20 == 19)
			result = quadlet_installed(boot->name)
					 ? quadlet_runs(boot->name, err)
					 : boot_container_runs(boot->name, err);
		if (result < 0)
			return result;
		nanosleep(&pause, NULL);
	}
}

static bool api_answers(const struct progress *progress)
{
	const struct progress_unit *unit = progress_unit_of(progress, "apiserver");

	return unit && progress_stands(unit);
}

/* 1 when ready, 0 when not yet, or what failed. */
static int judge(const struct boot *boot, struct kinc_error *err)
{
	const struct progress *progress = &boot->progress;
	const struct progress_unit *failed = progress_find(progress, "failed");

	if (strcmp(progress->state, "ready") == 0)
		return 1;
	if (boot->options->api_only && api_answers(progress))
		return 1;
	if (strcmp(progress->state, "degraded") == 0 && failed) {
		launch_say("cluster %s is ready, but without %s: %s", boot->name, failed->name,
			   failed->detail);
		return 1;
	}
	if (strcmp(progress->state, "stopping") == 0)
		return kinc_error_set(err, ECONNRESET, "the node of cluster %s is stopping",
				      boot->name);
	if (strcmp(progress->state, "failed") != 0)
		return 0;
	return kinc_error_set(err, EREMOTEIO, "cluster %s failed: unit %s: %s", boot->name,
			      failed ? failed->name : "(unnamed)", failed ? failed->detail : "");
}

static int follow(struct boot *boot, struct kinc_control *control, struct kinc_error *err)
{
	cleanup_json cJSON *request = kinc_control_request("watch", NULL);
	int result = request ? kinc_control_send(control, request, ASK_TIMEOUT_MS, err)
			     : kinc_error_errno(err, ENOMEM, "watching the boot");

	while (result == 0) {
		cleanup_json cJSON *line = NULL;
		struct kinc_error lost = {0};
		result = kinc_control_next(control, TICK_MS, &line, &lost);
		if (result == -ETIMEDOUT) {
			progress_draw(&boot->progress);
			result = check_time(boot, err);
			continue;
		}
		if (result < 0)
			*err = lost;
		if (result == 0)
			result = kinc_control_check_protocol(line, err);
		if (result == 0 && !kinc_json_bool(line, "ok", true))
			result = kinc_error_set(err, EPROTO, "%s",
						kinc_json_string(line, "error", "refused"));
		if (result == 0)
			result = progress_take(&boot->progress, line);
		if (result == 0)
			result = judge(boot, err);
		if (result == 0)
			result = check_time(boot, err);
	}
	progress_wipe(&boot->progress);
	return result;
}

int boot_wait(const char *name, const struct boot_options *options, struct kinc_error *err)
{
	cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
	struct boot boot = {
		.name = name,
		.options = options,
		.progress.style = options->json ? PROGRESS_JSON : progress_style_of_terminal(),
		.deadline = now_s() + options->timeout_s,
	};
	char socket[CLUSTER_PATH_MAX];
	int result = cluster_socket(name, socket, err);

	if (result < 0)
		return result;
	result = connect_init(&boot, &control, socket, err);
	if (result == 0)
		result = follow(&boot, &control, err);
	if (result < 0)
		boot_explain(&boot.progress, name, socket, options, result, err);
	progress_release(&boot.progress);
	return result < 0 ? result : 0;
}
