/* SPDX-License-Identifier: MIT */
#include "ground.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "json.h"

enum { STATE_FILE_MAX = 4096 };

static void state_path(const char *user, char path[GROUND_PATH_MAX])
{
	snprintf(path, GROUND_PATH_MAX, GROUND_DIR "/%s.json", user);
}

void ground_socket_path(const char *user, char path[GROUND_PATH_MAX])
{
	snprintf(path, GROUND_PATH_MAX, GROUND_DIR "/%s.sock", user);
}

int ground_state_load(const char *user, struct ground_state *ret, struct kinc_error *err)
{
	char path[GROUND_PATH_MAX];
	cleanup_free char *text = NULL;

	state_path(user, path);
	int result = kinc_read_file(AT_FDCWD, path, STATE_FILE_MAX, &text, NULL, err);
	if (result < 0)
		return result;
	cleanup_json cJSON *json = cJSON_Parse(text);
	const char *cgroup = kinc_json_string(json, "cgroup", "");
	double starttime = kinc_json_number(json, "starttime", -1);
	if (!(starttime >= 0 && starttime < 0x1p53) || *cgroup != '/' ||
	    strlen(cgroup) >= sizeof(ret->cgroup))
		return kinc_error_set(err, EINVAL, "%s is damaged", path);
	*ret = (struct ground_state){
		.pid = kinc_json_int(json, "pid", 0),
		.starttime = (unsigned long long)starttime,
		.made_runtime_dir = kinc_json_bool(json, "made_runtime_dir", false),
		.serves = kinc_json_bool(json, "serves", false),
	};
	snprintf(ret->cgroup, sizeof(ret->cgroup), "%s", cgroup);
	snprintf(ret->enabled, sizeof(ret->enabled), "%s", kinc_json_string(json, "enabled", ""));
	return 0;
}

int ground_state_save(const char *user, const struct ground_state *state, struct kinc_error *err)
{
	char path[GROUND_PATH_MAX];
	cleanup_json cJSON *json = cJSON_CreateObject();

	state_path(user, path);
	cJSON_AddNumberToObject(json, "pid", state->pid);
	cJSON_AddNumberToObject(json, "starttime", (double)state->starttime);
	cJSON_AddStringToObject(json, "cgroup", state->cgroup);
	cJSON_AddStringToObject(json, "enabled", state->enabled);
	cJSON_AddBoolToObject(json, "made_runtime_dir", state->made_runtime_dir);
	cJSON_AddBoolToObject(json, "serves", state->serves);
	cleanup_free char *text = cJSON_Print(json);
	if (!text)
		return kinc_error_errno(err, ENOMEM, "writing %s", path);
	return kinc_write_file_atomic(path, text, strlen(text), 0644, err);
}

void ground_state_delete(const char *user)
{
	char path[GROUND_PATH_MAX];

	state_path(user, path);
	unlink(path);
	ground_socket_path(user, path);
	unlink(path);
}

unsigned long long ground_parse_starttime(const char *text)
{
	/* The second field is the program's name in parentheses and may hold both. */
	const char *at = strrchr(text, ')');

	/* A zombie only waits for its parent. */
	if (at && (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0))
		return 0;
	for (int field = 2; at && field < 22; field++) {
		at = strchr(at, ' ');
		if (at)
			at++;
	}
	return at ? strtoull(at, NULL, 10) : 0;
}

unsigned long long ground_process_starttime(pid_t pid)
{
	char path[32];
	cleanup_free char *text = NULL;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (pid <= 0 || kinc_read_file(AT_FDCWD, path, STATE_FILE_MAX, &text, NULL, NULL) < 0)
		return 0;
	return ground_parse_starttime(text);
}

bool ground_state_alive(const struct ground_state *state)
{
	return state->starttime != 0 && ground_process_starttime(state->pid) == state->starttime;
}
