/* SPDX-License-Identifier: MIT */
#include "boot.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "cluster.h"
#include "control.h"
#include "json.h"
#include "launch.h"
#include "podman.h"
#include "progress.h"

enum { TICK_MS = 200, ASK_TIMEOUT_MS = 5000, LOG_LINES = 12 };

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

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void show_lines(const char *text)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		fputs("    | ", stderr);
		for (size_t i = 0; i < strcspn(line, "\n"); i++)
			fputc((unsigned char)line[i] < ' ' || line[i] == 0x7f ? ' ' : line[i],
			      stderr);
		fputc('\n', stderr);
	}
}

static void show_container_log(const char *name)
{
	char container[CLUSTER_TEXT_MAX];
	cleanup_run_result struct kinc_run_result done = {0};

	cluster_container(name, container);
	cleanup_podman struct podman podman = podman_new();
	podman_add(&podman, "logs");
	podman_addf(&podman, "--tail=%d", LOG_LINES);
	podman_add(&podman, container);
	if (podman_spawn(&podman, ASK_TIMEOUT_MS, &done, NULL) == 0) {
		show_lines(done.output);
		show_lines(done.errors);
	}
}

static void show_unit_log(const char *socket, const char *unit)
{
	cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
	cleanup_json cJSON *request = kinc_control_request("log", unit);
	cleanup_json cJSON *answer = NULL;

	cJSON_AddNumberToObject(request, "lines", LOG_LINES);
	if (kinc_control_connect(&control, socket, NULL) < 0 ||
	    kinc_control_ask(&control, request, ASK_TIMEOUT_MS, &answer, NULL) < 0)
		return;
	for (;;) {
		cleanup_json cJSON *line = NULL;
		if (kinc_control_next(&control, ASK_TIMEOUT_MS, &line, NULL) < 0)
			return;
		show_lines(kinc_json_string(line, "text", ""));
	}
}

static int container_runs(const char *name, struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];
	cleanup_json cJSON *json = NULL;

	cluster_container(name, container);
	int result = podman_call_json(&json, err, "inspect", "--type", "container", container,
				      PODMAN_END);
	if (result < 0)
		return result;
	const cJSON *state = kinc_json_get(cJSON_GetArrayItem(json, 0), "State");
	const char *status = kinc_json_string(state, "Status", "unknown");
	if (strcmp(status, "running") == 0)
		return 0;
	return kinc_error_set(err, ECONNRESET, "the node of cluster %s stopped (%s, status %d)",
			      name, status, kinc_json_int(state, "ExitCode", -1));
}

static int check_time(const char *name, time_t deadline, struct kinc_error *err)
{
	if (interrupted)
		return kinc_error_set(err, ECANCELED, "interrupted");
	if (now_s() >= deadline)
		return kinc_error_set(err, ETIMEDOUT, "cluster %s is not ready in time", name);
	return 0;
}

/* Until kinc-init listens; the container may as well end before it does. */
static int connect_init(struct kinc_control *control, const char *name, const char *socket,
			time_t deadline, struct kinc_error *err)
{
	for (int attempt = 0;; attempt++) {
		struct timespec pause = {.tv_nsec = 50 * 1000000L};
		int result = kinc_control_connect(control, socket, NULL);
		if (result == 0)
			return 0;
		result = check_time(name, deadline, err);
		if (result == -ETIMEDOUT)
			return kinc_error_set(err, ETIMEDOUT,
					      "the node of cluster %s does not answer on %s: its "
					      "image may not be one of kinc",
					      name, socket);
		if (result == 0 && attempt % 20 == 19)
			result = container_runs(name, err);
		if (result < 0)
			return result;
		nanosleep(&pause, NULL);
	}
}

/* 1 when ready, 0 when not yet, or what failed. */
static int judge(const struct progress *progress, const char *name, struct kinc_error *err)
{
	const struct progress_unit *failed = progress_find(progress, "failed");

	if (strcmp(progress->state, "ready") == 0)
		return 1;
	if (strcmp(progress->state, "degraded") == 0 && failed) {
		launch_say("cluster %s is ready, but without %s: %s", name, failed->name,
			   failed->detail);
		return 1;
	}
	if (strcmp(progress->state, "stopping") == 0)
		return kinc_error_set(err, ECONNRESET, "the node of cluster %s is stopping", name);
	if (strcmp(progress->state, "failed") != 0)
		return 0;
	return kinc_error_set(err, EREMOTEIO, "cluster %s failed: unit %s: %s", name,
			      failed ? failed->name : "(unnamed)", failed ? failed->detail : "");
}

static int follow(struct kinc_control *control, struct progress *progress, const char *name,
		  time_t deadline, struct kinc_error *err)
{
	cleanup_json cJSON *request = kinc_control_request("watch", NULL);
	int result = request ? kinc_control_send(control, request, ASK_TIMEOUT_MS, err)
			     : kinc_error_errno(err, ENOMEM, "watching the boot");

	while (result == 0) {
		cleanup_json cJSON *line = NULL;
		struct kinc_error lost = {0};
		result = kinc_control_next(control, TICK_MS, &line, &lost);
		if (result == -ETIMEDOUT) {
			progress_draw(progress);
			result = check_time(name, deadline, err);
			continue;
		}
		if (result < 0)
			*err = lost;
		if (result == 0 && !kinc_json_bool(line, "ok", true))
			result = kinc_error_set(err, EPROTO, "%s",
						kinc_json_string(line, "error", "refused"));
		if (result == 0)
			result = progress_take(progress, line);
		if (result == 0)
			result = judge(progress, name, err);
		if (result == 0)
			result = check_time(name, deadline, err);
	}
	progress_wipe(progress);
	return result;
}

static void explain(const struct progress *progress, const char *name, const char *socket,
		    long timeout_s, int result, struct kinc_error *err)
{
	const struct progress_unit *failed = progress_find(progress, "failed");
	const struct progress_unit *late = progress_find(progress, "starting");

	if (result == -ECANCELED)
		return;
	if (result == -ETIMEDOUT && late)
		kinc_error_set(err, ETIMEDOUT,
			       "cluster %s is not ready after %ld s: %s waits for %s", name,
			       timeout_s, late->name, late->detail[0] ? late->detail : "its end");
	if (failed)
		show_unit_log(socket, failed->name);
	else if (late && result == -ETIMEDOUT)
		show_unit_log(socket, late->name);
	else
		show_container_log(name);
	if (result == -ECONNRESET && failed)
		kinc_error_set(err, ECONNRESET, "cluster %s failed: unit %s: %s", name,
			       failed->name, failed->detail);
	else if (result == -ECONNRESET)
		(void)container_runs(name, err);
}

int boot_wait(const char *name, long timeout_s, struct kinc_error *err)
{
	cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
	const char *term = getenv("TERM");
	struct progress progress = {
		.terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0,
	};
	time_t deadline = now_s() + timeout_s;
	char socket[CLUSTER_PATH_MAX];
	int result = cluster_socket(name, socket, err);

	if (result < 0)
		return result;
	result = connect_init(&control, name, socket, deadline, err);
	if (result == 0)
		result = follow(&control, &progress, name, deadline, err);
	if (result < 0)
		explain(&progress, name, socket, timeout_s, result, err);
	progress_release(&progress);
	return result < 0 ? result : 0;
}
