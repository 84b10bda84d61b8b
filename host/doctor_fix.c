/* SPDX-License-Identifier: MIT */
#include "doctor_fix.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "doctor.h"
#include "io.h"
#include "json.h"
#include "launch.h"
#include "run.h"
#include "user.h"

enum { FIX_WORDS = 16, FIX_TIMEOUT_MS = 600000, LIST_MAX = 1 << 20 };

static int own_path(char path[PATH_MAX], struct kinc_error *err)
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (length < 0)
		return kinc_error_errno(err, errno, "cannot find kinc-launch itself");
	path[length] = '\0';
	return 0;
}

static _Noreturn void look_as(const struct user *user, const char *self, int out)
{
	char runtime_dir[64];
	struct kinc_error err = {0};

	snprintf(runtime_dir, sizeof(runtime_dir), "/run/user/%u", user->uid);
	if (user_become(user, runtime_dir, &err) == 0 && dup2(out, STDOUT_FILENO) >= 0) {
		if (chdir(user->home) < 0 && chdir("/") < 0)
			_exit(KINC_EXIT_SYSTEM);
		execl(self, "kinc-launch", "doctor", "--json", (char *)NULL);
	}
	_exit(KINC_EXIT_SYSTEM);
}

static int look(const struct user *user, const char *self, cJSON **ret, struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	int ends[2];

	if (pipe(ends) < 0)
		return kinc_error_errno(err, errno, "asking as %s", user->name);
	pid_t child = fork();
	if (child == 0)
		look_as(user, self, ends[1]);
	close(ends[1]);
	cleanup_close int in = ends[0];
	int result = child < 0 ? kinc_error_errno(err, errno, "asking as %s", user->name)
			       : kinc_read_fd(in, "the checks", LIST_MAX, &text, NULL, err);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (result < 0)
		return result;
	*ret = cJSON_Parse(text);
	if (!cJSON_IsArray(*ret))
		return kinc_error_set(err, EPROTO, "%s cannot run the checks", user->name);
	return 0;
}

/* A fix has no quotes: its words are separated by one space. */
static int run_fix(char *fix, const char *self, struct kinc_error *err)
{
	const char *argv[FIX_WORDS] = {0};
	cleanup_run_result struct kinc_run_result done = {0};
	int count = 0;

	launch_say("runs `%s`", fix);
	for (char *word; (word = strsep(&fix, " ")) && count < FIX_WORDS - 1;)
		argv[count++] = word;
	if (count == 0)
		return kinc_error_set(err, EINVAL, "a mend without words");
	if (strcmp(argv[0], "kinc-launch") == 0)
		argv[0] = self;
	int result = kinc_run(argv, LIST_MAX, FIX_TIMEOUT_MS, &done, err);
	if (result == 0 && done.status != 0)
		result = kinc_error_set(err, EREMOTEIO, "%s ended with status %d: %.300s", argv[0],
					done.status, done.errors);
	return result;
}

/* One fix may answer several checks: each is run once. */
static bool is_new(const cJSON *list, const cJSON *row, const char *fix)
{
	for (const cJSON *before = list->child; before && before != row; before = before->next)
		if (strcmp(kinc_json_string(before, "fix", ""), fix) == 0)
			return false;
	return true;
}

static void try_fix(const cJSON *row, const char *words, const char *self)
{
	char copy[sizeof(((struct finding *)0)->fix)];
	struct kinc_error reason = {0};

	snprintf(copy, sizeof(copy), "%s", words);
	if (run_fix(copy, self, &reason) < 0)
		launch_say("%s: %s", kinc_json_string(row, "check", ""), reason.message);
}

int doctor_fix_user(const char *user, bool fix, cJSON **ret_list, struct kinc_error *err)
{
	struct user found = {0};
	char self[PATH_MAX];
	cleanup_json cJSON *list = NULL;
	const cJSON *row;
	int result = user_lookup(user, NULL, &found, err);

	if (result == 0)
		result = own_path(self, err);
	if (result == 0)
		result = look(&found, self, &list, err);
	if (result == 0 && fix) {
		cJSON_ArrayForEach(row, list)
		{
			const char *words = kinc_json_string(row, "fix", "");
			if (*words && is_new(list, row, words))
				try_fix(row, words, self);
		}
		cJSON_Delete(list);
		list = NULL;
		result = look(&found, self, &list, err);
	}
	user_release(&found);
	if (result == 0)
		*ret_list = steal_ptr(&list);
	return result;
}

void doctor_fix_print(const cJSON *list)
{
	const cJSON *row;

	cJSON_ArrayForEach(row, list)
	{
		const char *fix = kinc_json_string(row, "fix", "");
		const char *mend = kinc_json_string(row, "mend", "");
		if (*fix && is_new(list, row, fix))
			printf("%s\n", fix);
		else if (!*fix && *mend)
			printf("# %s: %s\n", kinc_json_string(row, "check", ""), mend);
	}
}
