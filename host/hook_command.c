/* SPDX-License-Identifier: MIT */
/* `kinc-launch boot`: has the machine's init start a cluster. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster.h"
#include "doctor.h"
#include "hook.h"
#include "io.h"
#include "launch.h"
#include "podman.h"
#include "quadlet_file.h"
#include "run.h"
#include "user.h"

enum { COMMAND_TIMEOUT_MS = 60000, COMMAND_WORDS = 8, OUTPUT_MAX = 1 << 16 };

/* That command of the hook, unless it is "". */
static int run_words(const char *command, struct kinc_error *err)
{
	cleanup_run_result struct kinc_run_result done = {0};
	char copy[HOOK_COMMAND_MAX], reason[600];
	const char *words[COMMAND_WORDS + 1] = {0};
	char *rest = copy;
	size_t count = 0;

	if (!*command)
		return 0;
	snprintf(copy, sizeof(copy), "%s", command);
	while (rest && count < COMMAND_WORDS)
		words[count++] = strsep(&rest, " ");
	int result = kinc_run(words, OUTPUT_MAX, COMMAND_TIMEOUT_MS, &done, err);
	if (result == 0 && done.status != 0) {
		podman_last_line(done.errors, reason, sizeof(reason));
		result = kinc_error_set(err, EREMOTEIO, "%s: %s", command, reason);
	}
	return result;
}

static int write_file(const struct hook_file *file, struct kinc_error *err)
{
	char folder[HOOK_PATH_MAX];

	if (!*file->path)
		return 0;
	snprintf(folder, sizeof(folder), "%s", file->path);
	*strrchr(folder, '/') = '\0';
	int result = kinc_make_directories(folder, 0755, err);
	if (result == 0)
		result = kinc_write_file_atomic(file->path, file->text, strlen(file->text),
						file->mode, err);
	return result;
}

static int install(const struct hook *hook, struct kinc_error *err)
{
	int result = 0;

	for (size_t i = 0; i < HOOK_FILES && result == 0; i++)
		result = write_file(&hook->files[i], err);
	/* What another install enabled stays enabled: `ln -s` would say that it is there. */
	if (result == 0)
		(void)run_words(hook->disable, NULL);
	if (result == 0)
		result = run_words(hook->enable, err);
	if (result == 0)
		launch_say("%s starts it at boot", hook->files[0].path);
	return result;
}

static int uninstall(const struct hook *hook, struct kinc_error *err)
{
	if (access(hook->files[0].path, F_OK) < 0)
		return kinc_error_set(err, ESRCH, "nothing starts it at boot: there is no %s",
				      hook->files[0].path);
	int result = run_words(hook->disable, err);
	for (size_t i = 0; i < HOOK_FILES && result == 0; i++) {
		char folder[HOOK_PATH_MAX];
		if (!*hook->files[i].path)
			continue;
		if (unlink(hook->files[i].path) < 0 && errno != ENOENT)
			return kinc_error_errno(err, errno, "cannot remove %s",
						hook->files[i].path);
		/* runit's is one of its own. */
		snprintf(folder, sizeof(folder), "%s", hook->files[i].path);
		*strrchr(folder, '/') = '\0';
		if (strncmp(folder, "/etc/sv/", 8) == 0)
			rmdir(folder);
	}
	if (result == 0)
		launch_say("%s is gone", hook->files[0].path);
	return result;
}

static int print(const struct hook *hook, struct kinc_error *err)
{
	(void)err;
	for (size_t i = 0; i < HOOK_FILES; i++)
		if (*hook->files[i].path)
			printf("# %s, mode %04o\n%s\n", hook->files[i].path, hook->files[i].mode,
			       hook->files[i].text);
	if (*hook->enable)
		printf("# then: %s\n", hook->enable);
	return 0;
}

static int describe(const struct launch *launch, const char *init, struct hook *ret,
		    struct kinc_error *err)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	const char *user = launch->user ? launch->user : doctor_user_name();
	char config[PATH_MAX], self[PATH_MAX];
	struct user found = {0};
	struct stat status;
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int result = length < 0 ? kinc_error_errno(err, errno, "cannot find kinc-launch itself")
				: user_lookup(user, NULL, &found, err);

	if (result < 0)
		return result;
	self[length] = '\0';
	/* What root's environment says is not the user's. */
	if (geteuid() == 0 || !base || *base != '/')
		snprintf(config, sizeof(config), "%s/.config",
			 geteuid() != 0 && home ? home : found.home);
	else
		snprintf(config, sizeof(config), "%s", base);
	const struct hook_wish wish = {
		.user = found.name,
		.uid = found.uid,
		.cluster = launch->cluster,
		.program = self,
		.config = config,
		/* Void's place, or Debian's */
		.runit = stat("/var/service", &status) == 0 ? "/var/service" : "/etc/service",
	};
	result = hook_describe(init, &wish, ret, err);
	user_release(&found);
	return result;
}

/* As the user there is a cluster to look at; root only hears its name. */
static int check_cluster(const struct launch *launch, struct kinc_error *err)
{
	struct cluster cluster;
	int result = geteuid() == 0 ? 0 : cluster_find(launch->cluster, &cluster, err);

	if (result == 0 && geteuid() != 0 && quadlet_installed(launch->cluster))
		return kinc_error_set(err, ESRCH,
				      "cluster %s is a unit of systemd by `quadlet`, which starts "
				      "it at boot already",
				      launch->cluster);
	return result;
}

static int run(const struct launch *launch, const char *verb, struct kinc_error *err)
{
	const char *init = launch->init ? launch->init : hook_detect_init();
	struct hook hook;

	if (!init)
		return kinc_error_set(err, ENOTSUP,
				      "neither systemd, OpenRC, runit nor cron is here: have root "
				      "run `kinc-launch ground --user %s` and `kinc-launch enter "
				      "--user %s -- kinc-launch --cluster %s start` at boot",
				      doctor_user_name(), doctor_user_name(), launch->cluster);
	int result = describe(launch, init, &hook, err);
	if (result == 0 && strcmp(verb, "print") == 0)
		return print(&hook, err);
	if (result == 0 && strcmp(verb, "install") == 0)
		result = check_cluster(launch, err);
	if (result < 0)
		return result;
	if (hook.root && geteuid() != 0)
		return kinc_error_set(err, EPERM,
				      "with %s that is for root: `kinc-launch --cluster %s boot %s "
				      "--init %s --user %s`",
				      init, launch->cluster, verb, init, doctor_user_name());
	if (!hook.root && geteuid() == 0)
		return kinc_error_set(err, EINVAL,
				      "with %s the user does that, without root: `kinc-launch "
				      "--cluster %s boot %s`",
				      init, launch->cluster, verb);
	result = strcmp(verb, "install") == 0 ? install(&hook, err) : uninstall(&hook, err);
	if (result == 0 && !hook.root && strcmp(verb, "install") == 0 && !doctor_lingers())
		launch_say("that is when %s logs in; at boot, once root has said `loginctl "
			   "enable-linger %s`",
			   doctor_user_name(), doctor_user_name());
	return result;
}

int command_boot(struct launch *launch, struct kinc_error *err)
{
	const char *verb = launch->operand_count == 1 ? launch->operands[0] : "";

	if (strcmp(verb, "print") != 0 && strcmp(verb, "install") != 0 &&
	    strcmp(verb, "remove") != 0) {
		kinc_error_set(err, EINVAL, "boot what? print, install or remove");
		return KINC_EXIT_MISUSE;
	}
	if (geteuid() == 0 && !launch->user) {
		kinc_error_set(err, EINVAL, "boot for whom? as root, give --user USER");
		return KINC_EXIT_MISUSE;
	}
	int result = run(launch, verb, err);
	return result == -EINVAL ? KINC_EXIT_MISUSE : cluster_exit_status(result);
}
