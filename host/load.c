/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Images go into the cluster as one stream: an archive of
 * the user's, or what `podman save` writes, is the standard input of a program
 * of the node that knows its container runtime (image-load). Nothing is
 * copied to a file on the way, and podman's own store is never shared with the
 * node's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot.h"
#include "cleanup.h"
#include "cluster.h"
#include "feed.h"
#include "image.h"
#include "launch.h"
#include "podman.h"

#define IMAGE_LOAD "/usr/lib/kinc/image-load"

enum { STATUS_NO_PROGRAM = 127, STATUS_NOT_EXECUTABLE = 126 };

/* Prints the names that the node has now, which is what a pod says to use them. */
static int report(const struct cluster *cluster, const char *what,
		  const struct kinc_run_result *done, struct kinc_error *err)
{
	char reason[600];

	if (done->status == STATUS_NO_PROGRAM || done->status == STATUS_NOT_EXECUTABLE)
		return kinc_error_set(err, ENOSYS,
				      "the image of cluster %s, %s, is older than this "
				      "kinc-launch: it has no %s; `make image`, then up --image",
				      cluster->name, cluster->image, IMAGE_LOAD);
	if (done->status != 0) {
		podman_last_line(done->errors, reason, sizeof(reason));
		return kinc_error_set(err, EBADMSG, "cluster %s did not take %s: %s", cluster->name,
				      what, *reason ? reason : "no reason given");
	}
	if (fputs(done->output, stdout) < 0 || fflush(stdout) != 0)
		return kinc_error_errno(err, errno, "cannot print");
	return 0;
}

static int load_from(const struct cluster *cluster, int input, const char *what,
		     struct kinc_error *err)
{
	char container[CLUSTER_TEXT_MAX];
	cleanup_run_result struct kinc_run_result done = {0};
	cleanup_podman struct podman podman = podman_new();

	cluster_container(cluster->name, container);
	podman_add(&podman, "exec");
	podman_add(&podman, "--interactive");
	podman_add(&podman, container);
	podman_add(&podman, IMAGE_LOAD);
	launch_say("loading %s into cluster %s", what, cluster->name);
	int result = podman_spawn_from(&podman, input, -1, &done, err);
	return result < 0 ? result : report(cluster, what, &done, err);
}

static int load_archive(const struct cluster *cluster, const char *path, struct kinc_error *err)
{
	if (strcmp(path, "-") == 0) {
		if (isatty(STDIN_FILENO))
			return kinc_error_set(err, EINVAL,
					      "load-image -: standard input is a terminal, not an "
					      "archive");
		return load_from(cluster, STDIN_FILENO, "standard input", err);
	}
	cleanup_close int input = open(path, O_RDONLY | O_CLOEXEC);
	if (input < 0)
		return kinc_error_errno(err, errno, "%s", path);
	return load_from(cluster, input, path, err);
}

static int load_of_podman(const struct cluster *cluster, const char *name, struct kinc_error *err)
{
	struct kinc_error of_feed = {0};
	struct feed feed = {.output = -EBADF, .errors = -EBADF};
	cleanup_podman struct podman save = podman_new();
	int result = image_check_present(name, err);

	podman_add(&save, "save");
	podman_add(&save, "--quiet");
	podman_add(&save, "--format=docker-archive");
	podman_add(&save, name);
	if (result == 0)
		result = feed_start(&save, &feed, err);
	if (result < 0)
		return result;
	result = load_from(cluster, feed.output, name, err);
	/* An archive that breaks off is refused by the node; why it did is the better reason. */
	if (feed_finish(&feed, result == -ECANCELED, &of_feed) < 0) {
		if (err)
			*err = of_feed;
		return -EREMOTEIO;
	}
	return result;
}

/* What is there as a file is an archive; everything else the name of an image. */
static bool is_archive(const char *word)
{
	struct stat status;

	return strcmp(word, "-") == 0 || *word == '/' || *word == '.' ||
	       (stat(word, &status) == 0 && !S_ISDIR(status.st_mode));
}

static int exit_status(int result)
{
	switch (-result) {
	case EINVAL:
		return KINC_EXIT_MISUSE;
	case ENOSYS:
	case ENOMEM:
		return KINC_EXIT_SYSTEM;
	default:
		return result == 0 ? KINC_EXIT_OK : KINC_EXIT_NOT_SO;
	}
}

int command_load_image(struct launch *launch, struct kinc_error *err)
{
	struct cluster cluster;

	if (launch->operand_count == 0) {
		kinc_error_set(err, EINVAL,
			       "load-image what? an archive of images, - for standard input, or "
			       "the name of an image of podman");
		return KINC_EXIT_MISUSE;
	}
	int result = cluster_find_running(launch->cluster, &cluster, err);
	if (result < 0)
		return cluster_exit_status(result);
	boot_catch_signals();
	for (int i = 0; i < launch->operand_count && result == 0; i++) {
		const char *word = launch->operands[i];
		result = is_archive(word) ? load_archive(&cluster, word, err)
					  : load_of_podman(&cluster, word, err);
	}
	return exit_status(result);
}
