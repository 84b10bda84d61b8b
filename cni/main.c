/* SPDX-License-Identifier: MIT */
/*
 * kincnet: a CNI plugin (bridge, veth and addresses) in one process. A command
 * comes by CNI_COMMAND and stdin, its answer goes to stdout as JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attachment.h"
#include "bridge.h"
#include "cleanup.h"
#include "collect.h"
#include "conf_resolv.h"
#include "conf_wish.h"
#include "confine.h"
#include "io.h"
#include "isolation.h"
#include "loopback.h"
#include "masquerade.h"
#include "version.h"

#define CONF_MAX (1 << 20)

struct request {
	struct conf conf;
	struct args args; /* of the commands that are about one attachment */
	enum cni_code code;
};

/* A command fills *ret_output when it has something to say. */
typedef int command_run(struct request *request, char **ret_output, struct kinc_error *err);

static int run_add(struct request *request, char **ret_output, struct kinc_error *err)
{
	const struct ip_address *picked[CONF_SETS_MAX];
	struct result result;
	int status;

	request->code = CNI_INVALID_CONFIG;
	status = conf_wish_assign(&request->conf, picked, err);
	if (status == 0)
		status = result_check_chain(&request->conf, err);
	if (status == 0)
		status = conf_read_resolv(&request->conf, err);
	if (status < 0)
		return status;
	status = attachment_add(&request->args, &request->conf, &result, &request->code, err);
	if (status < 0)
		return status;
	*ret_output = result_print(&request->conf, &result);
	if (*ret_output)
		return 0;
	attachment_delete(&request->args.owner, &request->conf, &request->code, NULL);
	return kinc_error_errno(err, ENOMEM, "printing the result");
}

static int run_delete(struct request *request, char **ret_output, struct kinc_error *err)
{
	(void)ret_output;
	return attachment_delete(&request->args.owner, &request->conf, &request->code, err);
}

static int run_check(struct request *request, char **ret_output, struct kinc_error *err)
{
	(void)ret_output;
	return attachment_check(&request->args, &request->conf, &request->code, err);
}

static int run_gc(struct request *request, char **ret_output, struct kinc_error *err)
{
	(void)ret_output;
	return collect_garbage(&request->conf, &request->code, err);
}

static int run_status(struct request *request, char **ret_output, struct kinc_error *err)
{
	(void)ret_output;
	return collect_status(&request->conf, &request->code, err);
}

static const struct command {
	const char *name;
	command_run *run;
	enum cni_version since;
	bool attachment; /* wants CNI_CONTAINERID and CNI_IFNAME */
	bool netns;	 /* and CNI_NETNS */
} commands[] = {
	{"ADD", run_add, CNI_0_3_0, true, true},
	{"DEL", run_delete, CNI_0_3_0, true, false},
	{"CHECK", run_check, CNI_0_4_0, true, true},
	{"GC", run_gc, CNI_1_1_0, false, false},
	{"STATUS", run_status, CNI_1_1_0, false, false},
};

static enum cni_code code_of_conf(int status)
{
	switch (-status) {
	case EBADMSG:
		return CNI_DECODING_FAILURE;
	case EPROTONOSUPPORT:
		return CNI_INCOMPATIBLE_VERSION;
	case EOPNOTSUPP:
		return CNI_UNSUPPORTED_FIELD;
	default:
		return CNI_INVALID_CONFIG;
	}
}

/* A plugin of its own that needs no network configuration. */
static int run_loopback(const struct command *command, const cJSON *tree, struct request *request,
			char **ret_output, struct kinc_error *err)
{
	int status = 0;

	request->code = CNI_INVALID_ENVIRONMENT;
	if (command->attachment)
		status = args_read(&request->args, command->netns, NULL, err);
	if (status == 0 && command->run == run_add)
		return loopback_add(&request->args, tree, ret_output, &request->code, err);
	if (status == 0 && command->run == run_check)
		return loopback_check(&request->args, &request->code, err);
	return status;
}

static int run_command(const struct command *command, const char *input, struct request *request,
		       char **ret_output, struct kinc_error *err)
{
	/* Who enters no namespace needs nothing for it; the others are confined when they have. */
	int status = command->netns ? 0 : confine_capabilities(err);
	if (status == 0 && !command->netns)
		status = confine_calls(err);
	if (status < 0)
		return status;

	cleanup_json cJSON *tree = cJSON_Parse(input);
	if (loopback_asked(tree))
		return run_loopback(command, tree, request, ret_output, err);
	status = conf_parse(input, &request->conf, err);
	if (status < 0) {
		request->code = code_of_conf(status);
		return status;
	}
	if (request->conf.version < command->since) {
		request->code = CNI_INCOMPATIBLE_VERSION;
		return kinc_error_set(err, EINVAL, "%s came with cniVersion %s, not with %s",
				      command->name, cni_version_name(command->since),
				      cni_version_name(request->conf.version));
	}
	if (command->attachment) {
		status = args_read(&request->args, command->netns, &request->conf.wish, err);
		request->code = CNI_INVALID_ENVIRONMENT;
	}
	return status < 0 ? status : command->run(request, ret_output, err);
}

/* The version that an answer is given in; it belongs to tree. */
static const char *asked_version(const cJSON *tree)
{
	const char *version = kinc_json_string(tree, "cniVersion", "");

	return *version ? version : cni_version_name(CNI_VERSIONS - 1);
}

static int write_line(char *text, struct kinc_error *err)
{
	if (!text)
		return kinc_error_errno(err, ENOMEM, "printing the answer");
	int status = kinc_write_all(STDOUT_FILENO, text, strlen(text), err);
	return status < 0 ? status : kinc_write_all(STDOUT_FILENO, "\n", 1, err);
}

/* Returns the exit status. */
static int fail(const char *input, enum cni_code code, const struct kinc_error *err)
{
	cleanup_json cJSON *tree = input ? cJSON_Parse(input) : NULL;
	cleanup_free char *text = result_print_error(asked_version(tree), code, err->message);

	write_line(text, NULL);
	return KINC_EXIT_NOT_SO;
}

static int answer_version(const char *input)
{
	cleanup_json cJSON *tree = cJSON_Parse(input);
	cleanup_free char *text = result_print_versions(asked_version(tree));

	return write_line(text, NULL) < 0 ? KINC_EXIT_NOT_SO : KINC_EXIT_OK;
}

static int serve(const char *name)
{
	cleanup_free char *input = NULL, *output = NULL;
	struct request request = {.code = CNI_IO_FAILURE};
	const struct command *command = NULL;
	struct kinc_error err;
	size_t size = 0;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(name, commands[i].name) == 0)
			command = &commands[i];
	if (!command && strcmp(name, "VERSION") != 0) {
		kinc_error_set(&err, EINVAL, "CNI_COMMAND \"%s\" is not known", name);
		return fail(NULL, CNI_INVALID_ENVIRONMENT, &err);
	}
	if (kinc_read_fd(STDIN_FILENO, "stdin", CONF_MAX, &input, &size, &err) < 0)
		return fail(NULL, CNI_IO_FAILURE, &err);
	if (strlen(input) != size) {
		kinc_error_set(&err, EBADMSG, "stdin has a NUL byte at %zu", strlen(input));
		return fail(NULL, CNI_DECODING_FAILURE, &err);
	}
	if (!command)
		return answer_version(input);

	int status = run_command(command, input, &request, &output, &err);
	if (status == 0 && output) {
		status = write_line(output, &err);
		/* A result that nobody got: the runtime does not know of the pod's interface. */
		if (status < 0 && request.conf.tree)
			attachment_delete(&request.args.owner, &request.conf, &request.code, NULL);
	}
	conf_release(&request.conf);
	return status < 0 ? fail(input, request.code, &err) : KINC_EXIT_OK;
}

static int setup(const char *path)
{
	cleanup_free char *text = NULL;
	cleanup_rtnl struct rtnl host = RTNL_CLOSED;
	cleanup_ipam struct ipam ipam = IPAM_NONE;
	struct link bridge;
	struct conf conf = {0};
	struct kinc_error err;
	int status = kinc_read_file(AT_FDCWD, path, CONF_MAX, &text, NULL, &err);

	if (status == 0)
		status = conf_parse_file(text, "kincnet", &conf, &err);
	if (status < 0) {
		fprintf(stderr, "kincnet: %s: %s\n", path, err.message);
		return KINC_EXIT_MISUSE;
	}
	status = rtnl_open(&host, &err);
	if (status == 0)
		status = bridge_ensure(&host, &conf, &bridge, &err);
	if (status == 0)
		status = ipam_open(&ipam, &conf, &err);
	if (status == 0 && conf.masquerade && conf.set_count)
		status = masquerade_ensure(&ipam, &conf, &err);
	if (status == 0 && conf.gate)
		status = isolation_lay_ground(&conf, &err);
	conf_release(&conf);
	if (status < 0)
		fprintf(stderr, "kincnet: %s\n", err.message);
	return status < 0 ? KINC_EXIT_SYSTEM : KINC_EXIT_OK;
}

static void usage(FILE *out)
{
	fputs("usage: kincnet --setup CONFFILE   bridge and masquerading, once at boot\n"
	      "       kincnet --version\n"
	      "       CNI_COMMAND=... kincnet    as a container runtime calls it:\n"
	      "                                  ADD DEL CHECK GC STATUS VERSION\n"
	      "\n"
	      "example: kincnet --setup /etc/cni/net.d/10-kinc.conflist\n",
	      out);
}

int main(int argc, char **argv)
{
	const char *command = getenv("CNI_COMMAND");

	/* A runtime that went away must not keep ADD from undoing what it did. */
	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && strcmp(argv[1], "--setup") == 0)
		return setup(argv[2]);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("kincnet " KINC_VERSION) < 0;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(stdout), KINC_EXIT_OK;
	if (argc == 1 && command)
		return serve(command);
	usage(stderr);
	return KINC_EXIT_MISUSE;
}
