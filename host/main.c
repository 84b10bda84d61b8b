/* SPDX-License-Identifier: MIT */
/* kinc-launch: Kubernetes clusters, each in one rootless podman container. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster.h"
#include "commands.h"
#include "control.h"
#include "enter.h"
#include "launch.h"
#include "login.h"
#include "podman.h"

static int parse_timeout(struct launch *launch, struct kinc_error *err)
{
	const char *text = launch->timeout_text;
	char *end = NULL;

	if (!text)
		return 0;
	long seconds = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || seconds < 1 || seconds > 86400)
		return kinc_error_set(err, EINVAL, "--timeout %s is not 1 to 86400 seconds", text);
	launch->timeout_s = seconds;
	return 0;
}

static bool is_word_of(const char *words, const char *text)
{
	size_t length = strlen(text);

	for (const char *at = words; *at; at += strcspn(at, " "), at += *at == ' ')
		if (length == strcspn(at, " ") && strncmp(at, text, length) == 0)
			return true;
	return false;
}

static int take_option(struct launch *launch, int option, struct kinc_error *err)
{
	const struct option_row *row = &option_rows[option];
	char *member = (char *)launch + row->offset;

	if (!row->value) {
		*(bool *)member = true;
		return 0;
	}
	if (row->words && !is_word_of(row->words, optarg))
		return kinc_error_set(err, EINVAL, "--%s %.40s: it is one of %s", row->name, optarg,
				      row->words);
	*(const char **)member = optarg;
	return 0;
}

static int option_of_letter(int letter)
{
	switch (letter) {
	case 'f':
		return OPTION_FOLLOW;
	case 'q':
		return OPTION_QUIET;
	default:
		return OPTION_HELP;
	}
}

/* Takes all options into launch, a bit each in given. */
static int parse_options(struct launch *launch, int argc, char **argv, unsigned long *given,
			 struct kinc_error *err)
{
	enum { FIRST = 256 }; /* beyond every letter */
	struct option options[OPTION_COUNT + 1] = {0};
	int option;

	for (int i = 0; i < OPTION_COUNT; i++)
		options[i] = (struct option){option_rows[i].name,
					     option_rows[i].value ? required_argument : no_argument,
					     NULL, FIRST + i};
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":fhq", options, NULL)) != -1) {
		if (option == '?' || option == ':')
			return kinc_error_set(err, EINVAL, "%s: %s; `kinc-launch help` lists all",
					      argv[optind - 1],
					      option == ':' ? "a value is missing"
							    : "no such option");
		option = option < FIRST ? option_of_letter(option) : option - FIRST;
		*given |= 1UL << option;
		int result = take_option(launch, option, err);
		if (result < 0)
			return result;
	}
	return 0;
}

static void list_options(const struct command *command, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < OPTION_COUNT && used + 24 < size; i++)
		if (command_takes(command, i))
			used += (size_t)snprintf(text + used, size - used, "%s--%s",
						 used ? " " : "", option_rows[i].name);
}

/* Fills launch and finds the command; the options given must be the command's. */
static const struct command *parse(struct launch *launch, int argc, char **argv,
				   struct kinc_error *err)
{
	unsigned long given = 0;

	if (parse_options(launch, argc, argv, &given, err) < 0 || parse_timeout(launch, err) < 0)
		return NULL;
	launch->named = optind < argc;
	const char *name = launch->named ? argv[optind++] : "up";
	launch->operands = argv + optind;
	launch->operand_count = argc - optind;
	const struct command *command = command_find(launch->version ? "version" : name);
	if (!command) {
		kinc_error_set(err, EINVAL, "no command \"%.40s\"; `kinc-launch help` lists all",
			       name);
		return NULL;
	}
	/* CLUSTER_NAME may be set for all commands, so --cluster may be given to all. */
	for (int i = OPTION_CLUSTER + 1; i < OPTION_COUNT; i++) {
		char takes[400];
		if (!(given >> i & 1) || command_takes(command, i) || launch->version)
			continue;
		list_options(command, takes, sizeof(takes));
		kinc_error_set(err, EINVAL, "%s does not take that option, --%s; it takes: %s",
			       name, option_rows[i].name, takes);
		return NULL;
	}
	if (launch->operand_count && !*command->operands && !launch->version) {
		kinc_error_set(err, EINVAL, "%s does not take \"%.40s\"", name,
			       launch->operands[0]);
		return NULL;
	}
	return command;
}

/* `kinc-launch --help` is about all of them, `up --help` about that one. */
static int help(struct launch *launch, const struct command *command)
{
	launch->operand_count = 0;
	if (!launch->named)
		return command_help(launch, NULL);
	command_print_usage(command);
	return KINC_EXIT_OK;
}

/* The same command line once more, inside of the user's ground. */
static int again_inside(int argc, char **argv, const char *user, struct kinc_error *err)
{
	char self[PATH_MAX];
	char **words = calloc((size_t)argc + 1, sizeof(char *));
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (!words || length < 0) {
		free(words);
		kinc_error_errno(err, errno, "cannot start again in the ground");
		return KINC_EXIT_SYSTEM;
	}
	self[length] = '\0';
	memcpy(words, argv, (size_t)argc * sizeof(char *));
	words[0] = self;
	int status = enter_run(user, words, err);
	free(words);
	return status < 0 ? KINC_EXIT_SYSTEM : status;
}

int main(int argc, char **argv)
{
	struct launch launch = {
		.cluster = getenv("CLUSTER_NAME"),
		.force_port = getenv("FORCE_PORT"),
		.timeout_s = 600,
	};
	struct kinc_error err = {0};
	int status = KINC_EXIT_MISUSE;
	/* getopt moves operands behind the options; the ground gets the original. */
	char **original = calloc((size_t)argc + 1, sizeof(char *));

	if (!original)
		return KINC_EXIT_SYSTEM;
	memcpy(original, argv, (size_t)argc * sizeof(char *));
	umask(022);
	if (geteuid() != 0)
		login_complete();
	setlocale(LC_CTYPE, "");
	if (!launch.cluster || !*launch.cluster)
		launch.cluster = "default";
	if (launch.force_port && !*launch.force_port)
		launch.force_port = NULL;
	const struct command *command = parse(&launch, argc, argv, &err);
	podman_debug = launch.debug;
	kinc_control_debug = launch.debug;
	if (command && launch.help) {
		status = help(&launch, command);
	} else if (command && (!command_takes(command, OPTION_CLUSTER) ||
			       cluster_check_name(launch.cluster, &err) == 0)) {
		const char *user =
			command->inside && !launch.version ? enter_own_ground() : NULL;
		status = user ? again_inside(argc, original, user, &err)
			      : command->run(&launch, &err);
	}
	free(original);
	if (err.code)
		launch_say("%s", err.message);
	return status;
}
