/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: crun reads its command line with argp in order, which
 * is getopt_long that stops at the first word that is no option; so does this.
 * The tables are those of crun 1.8.1 to 1.21 together. A word that they do not
 * have makes the call CALL_OTHER: crun itself reports it, or knows more.
 */
#include "invocation.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPTION_IGNORED = 1000,
	OPTION_LOG,
	OPTION_LOG_FORMAT,
	OPTION_ROOT,
	OPTION_PRESERVE_FDS,
};

static const struct option global_options[] = {
	{"debug", no_argument, NULL, OPTION_IGNORED},
	{"cgroup-manager", required_argument, NULL, OPTION_IGNORED},
	{"systemd-cgroup", no_argument, NULL, OPTION_IGNORED},
	{"log", required_argument, NULL, OPTION_LOG},
	{"log-format", required_argument, NULL, OPTION_LOG_FORMAT},
	{"log-level", required_argument, NULL, OPTION_IGNORED},
	{"root", required_argument, NULL, OPTION_ROOT},
	/* Taken for runc's sake; crun 1.8.1 reads its value into root's place. */
	{"rootless", required_argument, NULL, OPTION_ROOT},
	{0},
};

#define CREATE_OPTIONS                                                                             \
	{"bundle", required_argument, NULL, 'b'}, {"config", required_argument, NULL, 'f'},        \
		{"console-socket", required_argument, NULL, OPTION_IGNORED},                       \
		{"preserve-fds", required_argument, NULL, OPTION_PRESERVE_FDS},                    \
		{"no-pivot", no_argument, NULL, OPTION_IGNORED},                                   \
		{"pid-file", required_argument, NULL, OPTION_IGNORED},                             \
		{"no-subreaper", no_argument, NULL, OPTION_IGNORED},                               \
	{                                                                                          \
		"no-new-keyring", no_argument, NULL, OPTION_IGNORED                                \
	}

static const struct option create_options[] = {CREATE_OPTIONS, {0}};
static const struct option run_options[] = {
	CREATE_OPTIONS,
	{"detach", no_argument, NULL, 'd'},
	{"keep", no_argument, NULL, OPTION_IGNORED},
	{0},
};

static const struct option exec_options[] = {
	{"console-socket", required_argument, NULL, OPTION_IGNORED},
	{"tty", optional_argument, NULL, 't'},
	{"process", required_argument, NULL, 'p'},
	{"cwd", required_argument, NULL, OPTION_IGNORED},
	{"cgroup", required_argument, NULL, OPTION_IGNORED},
	{"detach", no_argument, NULL, 'd'},
	{"user", required_argument, NULL, 'u'},
	{"env", required_argument, NULL, 'e'},
	{"cap", required_argument, NULL, 'c'},
	{"pid-file", required_argument, NULL, OPTION_IGNORED},
	{"preserve-fds", required_argument, NULL, OPTION_PRESERVE_FDS},
	{"no-new-privs", no_argument, NULL, OPTION_IGNORED},
	{"process-label", required_argument, NULL, OPTION_IGNORED},
	{"apparmor", required_argument, NULL, OPTION_IGNORED},
	{0},
};

static const struct option delete_options[] = {
	{"force", no_argument, NULL, 'f'},
	/* An expression is no id: crun alone knows what it matches. */
	{0},
};

static const struct {
	const char *name;
	enum call call;
	const char *short_options; /* "+": stop at the first word */
	const struct option *options;
} commands[] = {
	{"create", CALL_CREATE, "+b:f:", create_options},
	{"run", CALL_RUN, "+b:f:d", run_options},
	{"exec", CALL_EXEC, "+t::p:du:e:c:", exec_options},
	{"delete", CALL_DELETE, "+f", delete_options},
};

/* Out of range, crun refuses it or the kernel does; here it must not overflow. */
static int descriptor_count(const char *text)
{
	long count = strtol(text, NULL, 10);

	return count < 0 || count > 1 << 20 ? 0 : (int)count;
}

static void take_option(struct invocation *invocation, int option, const char *value)
{
	switch (option) {
	case OPTION_LOG:
		invocation->log = value;
		break;
	case OPTION_LOG_FORMAT:
		invocation->log_format = value;
		break;
	case OPTION_ROOT:
		invocation->root = value;
		break;
	case OPTION_PRESERVE_FDS:
		invocation->preserve_fds = descriptor_count(value);
		break;
	case 'b':
		invocation->bundle = value;
		break;
	case 'f':
		/* create's --config FILE, and delete's --force, which has no value. */
		if (value)
			invocation->config = value;
		else
			invocation->force = true;
		break;
	case 'p':
		invocation->process = value;
		break;
	default:
		break;
	}
}

/*
 * Reads options up to the first word. Returns its index, or -1 when there is
 * something that the table does not have. *ret_end is where the options end,
 * which is before a "--".
 */
static int take_options(int argc, char **argv, const char *short_options,
			const struct option *options, struct invocation *invocation, int *ret_end)
{
	int option;

	/* glibc: 0 starts anew. */
	optind = 0;
	opterr = 0;
	do {
		*ret_end = optind ? optind : 1;
		option = getopt_long(argc, argv, short_options, options, NULL);
		if (option == '?' || option == ':')
			return -1;
		if (option != -1)
			take_option(invocation, option, optarg);
	} while (option != -1);
	return optind;
}

void invocation_parse(int argc, char **argv, struct invocation *ret_invocation)
{
	struct invocation invocation = {.call = CALL_OTHER};
	int end;
	int command = take_options(argc, argv, "+", global_options, &invocation, &end);

	*ret_invocation = invocation;
	if (command < 0 || command >= argc)
		return;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[command]) != 0)
			continue;
		int word = take_options(argc - command, argv + command, commands[i].short_options,
					commands[i].options, &invocation, &end);
		if (word < 0 || command + word >= argc)
			return;
		invocation.call = commands[i].call;
		invocation.id = argv[command + word];
		invocation.insert_at = command + end;
		*ret_invocation = invocation;
		return;
	}
}

bool invocation_id_is_safe(const char *id)
{
	size_t length = strlen(id);

	return length > 0 && length <= 200 && id[0] != '.' &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-") ==
		       length;
}

int invocation_build(const struct invocation *invocation, int argc, char **argv, char *runtime,
		     char *option, char *file, char ***ret_argv, struct kinc_error *err)
{
	char **built = calloc((size_t)argc + 3, sizeof(*built));
	int count = 0;

	if (!built)
		return kinc_error_errno(err, ENOMEM, "building crun's arguments");
	for (int i = 0; i < argc; i++) {
		if (option && i == invocation->insert_at) {
			built[count++] = option;
			built[count++] = file;
		}
		built[count++] = i == 0 ? runtime : argv[i];
	}
	*ret_argv = built;
	return 0;
}
