/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_HOOK_H
#define KINC_HOST_HOOK_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

enum { HOOK_PATH_MAX = 512, HOOK_TEXT_MAX = 3072, HOOK_COMMAND_MAX = 640, HOOK_FILES = 2 };

/* What has the machine's init start a cluster: files, and a command that makes init know. */
struct hook {
	bool root; /* files and commands are for root */
	struct hook_file {
		char path[HOOK_PATH_MAX]; /* "": none */
		char text[HOOK_TEXT_MAX];
		mode_t mode;
	} files[HOOK_FILES];
	/* Words separated by one space; "" for none. */
	char enable[HOOK_COMMAND_MAX], disable[HOOK_COMMAND_MAX];
};

struct hook_wish {
	const char *user, *cluster;
	uid_t uid; /* the user's */
	const char *program; /* kinc-launch, by its absolute path */
	const char *config;  /* the user's ~/.config */
	const char *runit;   /* the folder that runit watches */
};

/*
 * init is systemd, openrc, runit or cron. EINVAL for another, or for a path that
 * would have to be quoted.
 */
int hook_describe(const char *init, const struct hook_wish *wish, struct hook *ret,
		  struct kinc_error *err);

/* The init of this machine, NULL when it is none of those. */
const char *hook_detect_init(void);

#endif
