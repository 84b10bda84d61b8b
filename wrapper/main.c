/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: kinc-crun stands where a container manager expects
 * crun. It reads the command line as crun does. A `create`, `run` or `exec
 * --process` has its spec scanned and put through the rules (rewrite.c); when a
 * rule edits, the edited copy goes into a sealed memfd and one more option
 * names it. Then, and for every other call at once, the process becomes crun:
 * same pid, same descriptors, and not a byte written to stdout or stderr.
 * Nothing here may change the process's capabilities, limits or seccomp state,
 * which the container would inherit.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "config.h"
#include "explain.h"
#include "handover.h"
#include "invocation.h"
#include "spec.h"
#include "state.h"
#include "trace.h"
#include "version.h"

/* The spec that crun would read; NULL when it would read none. */
static char *spec_path(const struct invocation *invocation)
{
	const char *config =
		invocation->call == CALL_EXEC ? invocation->process : invocation->config;
	char *path = NULL;

	/* crun takes a file of that name from the bundle, any other from here. */
	if (config && (invocation->call == CALL_EXEC || strcmp(config, "config.json") != 0))
		return strdup(config);
	if (invocation->call == CALL_EXEC)
		return NULL;
	if (asprintf(&path, "%s/config.json", invocation->bundle ? invocation->bundle : ".") < 0)
		return NULL;
	return path;
}

/* Descriptors below this one are handed to the container. */
static int first_own_descriptor(const struct invocation *invocation)
{
	const char *listen = getenv("LISTEN_FDS");
	long listened = listen ? strtol(listen, NULL, 10) : 0;

	if (listened < 0 || listened > 1 << 20)
		listened = 0;
	return 3 + invocation->preserve_fds + (int)listened;
}

/*
 * Sets *ret_file to the name of the edited spec, or leaves it NULL when crun is
 * to read the original.
 */
static int prepare(const struct invocation *invocation, const struct config *config,
		   char **ret_file, struct kinc_error *err)
{
	cleanup_free char *path = spec_path(invocation);
	cleanup_free char *text = NULL;
	cleanup_spec struct spec spec = {0};
	bool exec = invocation->call == CALL_EXEC;
	size_t size;

	if (!path || access(path, R_OK) < 0)
		/* crun says best what is missing. The analyzer does not see cleanup_free. */
		return 0; // NOLINT(clang-analyzer-unix.Malloc)
	bool own_userns = exec && invocation_id_is_safe(invocation->id) &&
			  state_own_userns(invocation->root, invocation->id);
	int result = spec_load(&spec, path, exec ? SPEC_PROCESS : SPEC_CONFIG, own_userns, err);
	if (result < 0)
		return result;
	if (spec.rewrite.splice.changed) {
		result = splice_apply(&spec.rewrite.splice, &text, &size, err);
		if (result < 0)
			return result;
		int fd = handover_spec(text, size, first_own_descriptor(invocation), err);
		if (fd < 0)
			return fd;
		if (asprintf(ret_file, "/proc/self/fd/%d", fd) < 0) {
			*ret_file = NULL;
			close(fd);
			return kinc_error_errno(err, ENOMEM, "handing over the spec");
		}
	}
	if (exec)
		trace_executed(config, invocation->id, &spec.rewrite.report);
	else
		trace_created(config, invocation->id, &spec.rewrite.report);
	return 0;
}

static int become_crun(const char *config_path, int argc, char **argv)
{
	static char config_option[] = "--config", process_option[] = "--process";
	cleanup_config struct config config = {0};
	cleanup_free char *file = NULL;
	cleanup_free char **arguments = NULL;
	struct kinc_error err = {0};
	struct invocation invocation;

	invocation_parse(argc, argv, &invocation);
	int result = config_load(config_path, &config, &err);
	if (result == 0 && invocation.call != CALL_OTHER && invocation.call != CALL_DELETE)
		result = prepare(&invocation, &config, &file, &err);
	if (result == 0 && invocation.call == CALL_DELETE && invocation_id_is_safe(invocation.id) &&
	    (invocation.force || !state_is_running(invocation.root, invocation.id)))
		trace_deleted(&config, invocation.id);
	if (result == 0)
		result = invocation_build(
			&invocation, argc, argv, config.runtime,
			!file ? NULL
			      : (invocation.call == CALL_EXEC ? process_option : config_option),
			file, &arguments, &err);
	if (result == 0)
		handover_become(config.runtime, arguments, &err);
	handover_refuse(&invocation, &err);
	return KINC_EXIT_NOT_SO;
}

static int print_version(void)
{
	printf("kinc-crun version %s\n", KINC_VERSION);
	return KINC_EXIT_OK;
}

static int print_help(void)
{
	fputs("usage: kinc-crun [--kinc-config FILE] CRUN-ARGUMENT...\n"
	      "       kinc-crun --kinc-explain BUNDLE [--json]\n"
	      "       kinc-crun --kinc-dry-run BUNDLE\n"
	      "       kinc-crun --kinc-version | --kinc-help\n"
	      "\n"
	      "Edits in an OCI runtime spec what this node would refuse, then becomes crun.\n"
	      "Example: what would be changed for the container in the current directory\n"
	      "  kinc-crun --kinc-explain .\n"
	      "\n"
	      "Rules:\n",
	      stdout);
	for (const struct rule *rule = rules; rule->name; rule++)
		printf("  %-13s %s\n", rule->name, rule->summary);
	return KINC_EXIT_OK;
}

/* The outcome of a question that people asked, as an exit status. */
static int answer(int result, const struct kinc_error *err)
{
	if (result == 0 && fflush(stdout) == 0)
		return KINC_EXIT_OK;
	if (result == -EPERM)
		return KINC_EXIT_NOT_SO;
	fprintf(stderr, "kinc-crun: %s\n", result < 0 ? err->message : "cannot write");
	return result == -EINVAL || result == -EFBIG ? KINC_EXIT_NOT_SO : KINC_EXIT_SYSTEM;
}

static int misuse(const char *sentence)
{
	fprintf(stderr, "kinc-crun: %s; see kinc-crun --kinc-help\n", sentence);
	return KINC_EXIT_MISUSE;
}

/* Options that crun does not have, which therefore stand first. */
static int own_option(int argc, char **argv)
{
	const char *option = argv[1] + strlen("--kinc-");
	bool json = argc == 4 && strcmp(argv[3], "--json") == 0;
	struct kinc_error err = {0};

	if (strcmp(option, "version") == 0 && argc == 2)
		return print_version();
	if (strcmp(option, "help") == 0 && argc == 2)
		return print_help();
	if (strcmp(option, "explain") == 0 && (argc == 3 || json))
		return answer(explain_bundle(argv[2], json, &err), &err);
	if (strcmp(option, "dry-run") == 0 && argc == 3)
		return answer(explain_dry_run(argv[2], &err), &err);
	if (strcmp(option, "config") == 0 && argc > 2) {
		const char *config = argv[2];
		argv[2] = argv[0];
		return become_crun(config, argc - 2, argv + 2);
	}
	return misuse("unknown option, or too few or too many arguments");
}

int main(int argc, char **argv)
{
	if (argc > 1 && strncmp(argv[1], "--kinc-", strlen("--kinc-")) == 0)
		return own_option(argc, argv);
	return become_crun(CONFIG_FILE, argc, argv);
}
