/* SPDX-License-Identifier: MIT */
#ifndef INIT_OPTIONS_H
#define INIT_OPTIONS_H

#include <stdbool.h>

#include "unit_load.h"

#define UNIT_DIRECTORIES_MAX 16

struct options {
	struct unit_directory directories[UNIT_DIRECTORIES_MAX];
	size_t directory_count;
	const char *target;
	bool check, dot; /* dot implies check */
	bool json;	 /* how check prints */
	bool schema;
	bool force;
};

/*
 * Reads the command line: -1 to go on, otherwise the exit status (--help,
 * --version, or a fault that was printed).
 */
int options_read(struct options *options, int argc, char **argv);

#endif
