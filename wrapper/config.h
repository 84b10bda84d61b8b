/* SPDX-License-Identifier: MIT */
#ifndef KINC_WRAPPER_CONFIG_H
#define KINC_WRAPPER_CONFIG_H

#include "error.h"

#define CONFIG_FILE "/etc/kinc/crun.json"
#define CONFIG_RUNTIME "/usr/bin/crun"

/* The program's own settings. NULL means off, except for runtime. */
struct config {
	char *runtime;	 /* what kinc-crun becomes; absolute */
	char *log;	 /* file that gets a line per changed container */
	char *trace_dir; /* directory of a file per container, if it exists */
};

#define cleanup_config __attribute__((cleanup(config_release)))

/*
 * Reads the file; when there is none at CONFIG_FILE the defaults hold, which
 * are no log and no trace. EINVAL with file, line and column for what is wrong
 * in it, and nothing to release then.
 */
int config_load(const char *path, struct config *ret_config, struct kinc_error *err);
void config_release(struct config *config);

#endif
