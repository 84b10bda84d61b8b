/* SPDX-License-Identifier: MIT */
/* kinc-launch: Kubernetes clusters, each in one rootless podman container. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster.h"
#include "enter.h"
#include "launch.h"
#include "podman.h"
#include "version.h"

static launch_function command_help, command_version;

/* What an option is for; a command accepts those of its mask. */
enum {
	FOR_CLUSTER = 1 << 0,
	FOR_JSON = 1 << 1,
	FOR_UP = 1 << 2,
	FOR_LOGS = 1 << 3,
	FOR_KUBECONFIG = 1 << 4,
	FOR_USER = 1 << 5,
	FOR_ROOT = 1 << 6,
	FOR_ALL = 1 << 7,
	/* Not options: */
	INSIDE = 1 << 8,   /* runs podman, so enter the ground where there is one */
	OPERANDS = 1 << 9, /* takes words of its own */
};

static const struct command {
	const char *name;
	launch_function *run;
	unsigned int flags;
	const char *options, *help;
} commands[] = {
	{"up", command_up, FOR_CLUSTER | FOR_UP | INSIDE, "[--image I] [--timeout S] [--keep]",
	 "make or start it, wait until it is Ready"},
	{"down", command_down, FOR_CLUSTER | INSIDE, "", "remove it with all its data"},
	{"list", command_list, FOR_JSON | INSIDE, "[--json]", "all clusters of this user"},
	{"status", command_status, FOR_CLUSTER | FOR_JSON | INSIDE, "[--json]",
	 "its units; exit status 0 when Ready"},
	{"kubeconfig", command_kubeconfig, FOR_CLUSTER | FOR_KUBECONFIG | INSIDE, "[--path]",
	 "print its kubeconfig, or where it is"},
	{"logs", command_logs, FOR_CLUSTER | FOR_LOGS | INSIDE | OPERANDS, "[UNIT] [--follow]",
	 "its log, or that of one unit"},
	{"doctor", command_doctor, INSIDE, "", "check what a cluster needs of this host"},
	{"ground", command_ground, FOR_USER | FOR_ROOT | OPERANDS, "--user U [--root D] [-- ARGV]",
	 "as root: let U run clusters here"},
	{"enter", command_enter, FOR_USER | OPERANDS, "[-- ARGV]", "run ARGV in that ground"},
	{"unground", command_unground, FOR_USER, "--user U", "as root: undo ground"},
	{"version", command_version, 0, "", "print the version"},
	{"help", command_help, 0, "", "print this"},
};
enum { COMMAND_COUNT = sizeof(commands) / sizeof(*commands) };

static const struct {
	struct option option;
	unsigned int flags;
} known[] = {
	{{"cluster", required_argument, NULL, 'c'}, FOR_CLUSTER},
	{{"image", required_argument, NULL, 'i'}, FOR_UP},
	{{"timeout", required_argument, NULL, 't'}, FOR_UP},
	{{"keep", no_argument, NULL, 'k'}, FOR_UP},
	{{"json", no_argument, NULL, 'j'}, FOR_JSON},
	{{"path", no_argument, NULL, 'p'}, FOR_KUBECONFIG},
	{{"follow", no_argument, NULL, 'f'}, FOR_LOGS},
	{{"user", required_argument, NULL, 'u'}, FOR_USER},
	{{"root", required_argument, NULL, 'r'}, FOR_ROOT},
	{{"debug", no_argument, NULL, 'd'}, FOR_ALL},
	{{"help", no_argument, NULL, 'h'}, FOR_ALL},
	{{"version", no_argument, NULL, 'V'}, FOR_ALL},
};
enum { OPTION_COUNT = sizeof(known) / sizeof(*known) };

static int command_version(struct launch *launch, struct kinc_error *err)
{
	(void)launch;
	(void)err;
	puts("kinc-launch " KINC_VERSION);
	return KINC_EXIT_OK;
}

static int command_help(struct launch *launch, struct kinc_error *err)
{
	(void)launch;
	(void)err;
	puts("usage: kinc-launch [--cluster NAME] [COMMAND] [OPTIONS]\n\n"
	     "Kubernetes in one rootless container. COMMAND is one of (up when none is given):");
	for (int i = 0; i < COMMAND_COUNT; i++)
		printf("  %-10s %-34s %s\n", commands[i].name, commands[i].options,
		       commands[i].help);
	puts("\n--cluster NAME defaults to $CLUSTER_NAME, else \"default\"; --debug shows what "
	     "podman\n"
	     "is told. FORCE_PORT sets the port of a new cluster, KINC_IMAGE its image.\n"
	     "Exit status: 0 done, 1 not so, 100 misuse, 111 the host lacks something.\n\n"
	     "Example: kinc-launch --cluster dev && KUBECONFIG=~/.kube/kinc-dev kubectl get nodes");
	return KINC_EXIT_OK;
}

static const struct command *command_find(const char *name)
{
	for (int i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int parse_timeout(const char *text, long *ret, struct kinc_error *err)
{
	char *end = NULL;
	long seconds = strtol(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || seconds < 1 || seconds > 86400)
		return kinc_error_set(err, EINVAL, "--timeout %s is not 1 to 86400 seconds", text);
	*ret = seconds;
	return 0;
}

static int take_option(struct launch *launch, int option, const char **command,
		       struct kinc_error *err)
{
	switch (option) {
	case 'c':
		launch->cluster = optarg;
		return 0;
	case 'i':
		launch->image = optarg;
		return 0;
	case 't':
		return parse_timeout(optarg, &launch->timeout_s, err);
	case 'k':
		launch->keep = true;
		return 0;
	case 'j':
		launch->json = true;
		return 0;
	case 'p':
		launch->path_only = true;
		return 0;
	case 'f':
		launch->follow = true;
		return 0;
	case 'u':
		launch->user = optarg;
		return 0;
	case 'r':
		launch->root = optarg;
		return 0;
	case 'd':
		podman_debug = true;
		return 0;
	case 'h':
		*command = "help";
		return 0;
	default:
		*command = "version";
		return 0;
	}
}

/* Fills launch and finds the command; the options given must be the command's. */
static const struct command *parse(struct launch *launch, int argc, char **argv,
				   struct kinc_error *err)
{
	struct option options[OPTION_COUNT + 1] = {0};
	const char *name = NULL;
	unsigned int given = 0;
	int option, index = 0;

	for (int i = 0; i < OPTION_COUNT; i++)
		options[i] = known[i].option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":f", options, &index)) != -1) {
		if (option == '?' || option == ':') {
			kinc_error_set(err, EINVAL, "%s: %s; `kinc-launch help` lists all",
				       argv[optind - 1],
				       option == ':' ? "a value is missing" : "no such option");
			return NULL;
		}
		for (int i = 0; i < OPTION_COUNT; i++)
			given |= known[i].option.val == option ? known[i].flags : 0;
		if (take_option(launch, option, &name, err) < 0)
			return NULL;
	}
	if (!name)
		name = optind < argc ? argv[optind++] : "up";
	launch->operands = argv + optind;
	launch->operand_count = argc - optind;
	const struct command *command = command_find(name);
	if (!command)
		kinc_error_set(err, EINVAL, "no command \"%.40s\"; `kinc-launch help` lists all",
			       name);
	else if (given & ~(command->flags | FOR_ALL | FOR_CLUSTER))
		kinc_error_set(err, EINVAL, "%s does not take that option, it takes: %s", name,
			       *command->options ? command->options : "none");
	else if (launch->operand_count && !(command->flags & OPERANDS) && command->flags)
		kinc_error_set(err, EINVAL, "%s does not take \"%.40s\"", name,
			       launch->operands[0]);
	else
		return command;
	return NULL;
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
	if (!launch.cluster || !*launch.cluster)
		launch.cluster = "default";
	if (launch.force_port && !*launch.force_port)
		launch.force_port = NULL;
	const struct command *command = parse(&launch, argc, argv, &err);
	if (command &&
	    (!(command->flags & FOR_CLUSTER) || cluster_check_name(launch.cluster, &err) == 0)) {
		const char *user = command->flags & INSIDE ? enter_own_ground() : NULL;
		status = user ? again_inside(argc, original, user, &err)
			      : command->run(&launch, &err);
	}
	free(original);
	if (err.code)
		launch_say("%s", err.message);
	return status;
}
