/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_COMMANDS_H
#define KINC_HOST_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "launch.h"

/* One bit for each option, in the order of the table. */
enum option_bit {
	OPTION_CLUSTER,
	OPTION_IMAGE,
	OPTION_CONFIG,
	OPTION_MEMORY,
	OPTION_CPUS,
	OPTION_WAIT,
	OPTION_TIMEOUT,
	OPTION_KEEP,
	OPTION_JSON,
	OPTION_QUIET,
	OPTION_PATH,
	OPTION_FOLLOW,
	OPTION_FIX,
	OPTION_USER,
	OPTION_ROOT,
	OPTION_INIT,
	OPTION_ADDRESS,
	OPTION_NAMESPACE,
	OPTION_DEBUG,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_COUNT,
};

struct option_row {
	const char *name;  /* without the two dashes */
	const char *value; /* what to call its value, NULL for one that has none */
	const char *words; /* the values that there are, separated by spaces; NULL for any */
	const char *help;
	size_t offset; /* in struct launch: of a bool, or of a const char * */
};
extern const struct option_row option_rows[OPTION_COUNT];

struct command {
	const char *name;
	launch_function *run;
	unsigned long options; /* a bit each, besides those that every command takes */
	bool inside;	       /* runs podman, so it enters the user's ground where there is one */
	const char *operands;  /* words of its own, "" for none */
	const char *help;
};
extern const struct command command_rows[];
extern const size_t command_count;

/* NULL when there is none of that name. */
const struct command *command_find(const char *name);

/* Whether the command takes that option. */
bool command_takes(const struct command *command, int option);

/* What `COMMAND --help` prints. */
void command_print_usage(const struct command *command);

#endif
