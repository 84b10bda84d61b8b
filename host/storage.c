/* SPDX-License-Identifier: MIT */
#include "storage.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"

static bool exists_below(const char *home, const char *path)
{
	cleanup_free char *full = NULL;

	if (asprintf(&full, "%s/%s", home, path) < 0) {
		full = NULL;
		return true;
	}
	return access(full, F_OK) == 0;
}

int storage_prefer_overlay(const char *home, struct kinc_error *err)
{
	static const char text[] = "# Written by kinc-launch: without it podman takes vfs here.\n"
				   "[storage]\n"
				   "driver = \"overlay\"\n";
	cleanup_free char *path = NULL;

	if (exists_below(home, ".config/containers/storage.conf") ||
	    access("/etc/containers/storage.conf", F_OK) == 0)
		return 0;
	if (exists_below(home, ".local/share/containers/storage") &&
	    !exists_below(home, ".local/share/containers/storage/overlay"))
		return 0;
	if (asprintf(&path, "%s/.config/containers", home) < 0) {
		path = NULL;
		return kinc_error_errno(err, ENOMEM, "storage.conf");
	}
	int result = kinc_make_directories(path, 0755, err);
	if (result < 0)
		return result;
	free(path);
	if (asprintf(&path, "%s/.config/containers/storage.conf", home) < 0) {
		path = NULL;
		return kinc_error_errno(err, ENOMEM, "storage.conf");
	}
	result = kinc_write_file_atomic(path, text, sizeof(text) - 1, 0644, err);
	return result < 0 ? result : 1;
}
