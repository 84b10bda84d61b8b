/* SPDX-License-Identifier: MIT */
/* What there is to say to kinc-launch: parsing, usage and completion read these tables. */
#include "commands.h"

#include <stdio.h>
#include <string.h>


#define BIT(option) (1UL << OPTION_##option)
#define AT(member) offsetof(struct launch, member)

const struct option_row option_rows[OPTION_COUNT] = {
	[OPTION_CLUSTER] = {"cluster", "NAME", NULL, "which one; default $CLUSTER_NAME or default",
			    AT(cluster)},
	[OPTION_IMAGE] = {"image", "IMAGE", NULL, "node image; default the newest local one",
			  AT(image)},
	[OPTION_CONFIG] = {"config", "FILE", NULL, "what the cluster is made with, as YAML",
			   AT(config)},
	[OPTION_MEMORY] = {"memory", "SIZE", NULL, "limit of the node, like 4g", AT(memory)},
	[OPTION_CPUS] = {"cpus", "NUMBER", NULL, "limit of the node, like 2 or 1.5", AT(cpus)},
	[OPTION_WAIT] = {"wait", "FOR", "none api ready", "return when that is so; default ready",
			 AT(wait_text)},
	[OPTION_TIMEOUT] = {"timeout", "SECONDS", NULL, "how long to wait; default 600",
			    AT(timeout_text)},
	[OPTION_KEEP] = {"keep", NULL, NULL, "leave what failed in place, to look at", AT(keep)},
	[OPTION_JSON] = {"json", NULL, NULL, "for programs", AT(json)},
	[OPTION_QUIET] = {"quiet", NULL, NULL, "names only (-q)", AT(quiet)},
	[OPTION_PATH] = {"path", NULL, NULL, "only where the file is", AT(path_only)},
	[OPTION_FOLLOW] = {"follow", NULL, NULL, "go on with new lines (-f)", AT(follow)},
	[OPTION_FIX] = {"fix", NULL, NULL, "print what mends it; as root, do it for --user",
			AT(fix)},
	[OPTION_USER] = {"user", "USER", NULL, "whose ground", AT(user)},
	[OPTION_ROOT] = {"root", "DIRECTORY", NULL, "the tree that becomes /", AT(root)},
	[OPTION_INIT] = {"init", "INIT", "systemd openrc runit cron",
			 "another init than this machine's", AT(init)},
	[OPTION_ADDRESS] = {"address", "ADDRESS", NULL, "of this host; default 127.0.0.1",
			    AT(address)},
	[OPTION_NAMESPACE] = {"namespace", "NAME", NULL, "where the target is; default default",
			      AT(name_space)},
	[OPTION_DEBUG] = {"debug", NULL, NULL, "show podman's command lines and the protocol",
			  AT(debug)},
	[OPTION_HELP] = {"help", NULL, NULL, "print this (-h)", AT(help)},
	[OPTION_VERSION] = {"version", NULL, NULL, "print the version", AT(version)},
};

static const unsigned long for_all = BIT(DEBUG) | BIT(HELP) | BIT(VERSION);

const struct command command_rows[] = {
	{"up", command_up,
	 BIT(CLUSTER) | BIT(IMAGE) | BIT(CONFIG) | BIT(MEMORY) | BIT(CPUS) | BIT(WAIT) | BIT(TIMEOUT) |
		 BIT(KEEP) | BIT(JSON), true, "",
	 "make or start it, wait until it is Ready"},
	{"down", command_down, BIT(CLUSTER), true, "", "remove it with all its data"},
	{"list", command_list, BIT(JSON) | BIT(QUIET), true, "", "all clusters of this user"},
	{"status", command_status, BIT(CLUSTER) | BIT(JSON), true, "",
	 "its units; exit status 0 when Ready"},
	{"monitor", command_monitor, BIT(CLUSTER) | BIT(JSON) | BIT(TIMEOUT), true, "",
	 "validate it in 14 steps; exit status 0 when all hold"},
	{"test", command_test, BIT(CLUSTER) | BIT(JSON) | BIT(TIMEOUT), true, "",
	 "try storage, networking, DNS and a workload in it"},
	{"kubeconfig", command_kubeconfig, BIT(CLUSTER) | BIT(PATH), true, "",
	 "print its kubeconfig, or where it is"},
	{"logs", command_logs, BIT(CLUSTER) | BIT(FOLLOW), true, "[UNIT]",
	 "its log, or that of one unit"},
	{"chart", command_chart, BIT(CLUSTER) | BIT(JSON), true, "[FILE.svg]",
	 "draw its boot; kinc-NAME.svg unless named"},
	{"export-logs", command_export_logs, BIT(CLUSTER), true, "[FILE.tar.gz]",
	 "gather what a bug report needs, without secrets"},
	{"load-image", command_load_image, BIT(CLUSTER), true, "ARCHIVE|IMAGE...",
	 "give it an archive of images, or one of podman's"},
	{"stop", command_stop, BIT(CLUSTER), true, "", "end it, but keep everything"},
	{"start", command_start, BIT(CLUSTER) | BIT(WAIT) | BIT(TIMEOUT) | BIT(JSON), true, "",
	 "start it again and wait until it is Ready"},
	{"pause", command_pause, BIT(CLUSTER), true, "", "freeze its processes"},
	{"resume", command_resume, BIT(CLUSTER), true, "", "let them go on"},
	{"exec", command_exec, BIT(CLUSTER), true, "[-- ARGV...]",
	 "run ARGV (default bash) in the node"},
	{"expose", command_expose, BIT(CLUSTER) | BIT(ADDRESS) | BIT(NAMESPACE), true,
	 "TARGET [PORT]", "a service, pod or node port on this host"},
	{"unexpose", command_unexpose, BIT(CLUSTER), true, "PORT", "end that; all ends each"},
	{"quadlet", command_quadlet,
	 BIT(CLUSTER) | BIT(IMAGE) | BIT(CONFIG) | BIT(MEMORY) | BIT(CPUS), true, "print|install|remove",
	 "its container as a unit of the user's systemd"},
	{"boot", command_boot, BIT(CLUSTER) | BIT(INIT) | BIT(USER), true,
	 "print|install|remove", "have this machine's init start it at boot"},
	{"doctor", command_doctor, BIT(JSON) | BIT(FIX) | BIT(USER), true, "",
	 "check what a cluster needs of this host"},
	{"ground", command_ground, BIT(USER) | BIT(ROOT), false, "[-- ARGV...]",
	 "as root: let a user run clusters here"},
	{"enter", command_enter, BIT(USER), false, "[-- ARGV...]", "run ARGV in that ground"},
	{"unground", command_unground, BIT(USER), false, "", "as root: undo ground"},
	{"completion", command_completion, 0, false, "bash|zsh|fish",
	 "print what completes its words there"},
	{"version", command_version, BIT(JSON), true, "",
	 "print the versions of this, the image and the nodes"},
	{"help", command_help, 0, false, "[COMMAND]", "print this, or what COMMAND takes"},
};
const size_t command_count = sizeof(command_rows) / sizeof(*command_rows);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(command_rows[i].name, name) == 0)
			return &command_rows[i];
	return NULL;
}

bool command_takes(const struct command *command, int option)
{
	return ((command->options | for_all) >> option & 1) != 0;
}

void command_print_usage(const struct command *command)
{
	printf("usage: kinc-launch %s%s%s [OPTIONS]\n\n%s\n\n", command->name,
	       *command->operands ? " " : "", command->operands, command->help);
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &option_rows[i];
		char left[40];
		if (!command_takes(command, i))
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", row->name, row->value ? " " : "",
			 row->value ? row->value : "");
		printf("  %-22s %s%s%s\n", left, row->help, row->words ? "; one of: " : "",
		       row->words ? row->words : "");
	}
}

int command_help(struct launch *launch, struct kinc_error *err)
{
	const struct command *one =
		launch->operand_count ? command_find(launch->operands[0]) : NULL;

	if (launch->operand_count > 1) {
		kinc_error_set(err, 22, "help takes one command");
		return KINC_EXIT_MISUSE;
	}
	if (launch->operand_count && !one) {
		kinc_error_set(err, 22, "no command \"%.40s\"; `kinc-launch help` lists all",
			       launch->operands[0]);
		return KINC_EXIT_MISUSE;
	}
	if (one) {
		command_print_usage(one);
		return KINC_EXIT_OK;
	}
	puts("usage: kinc-launch [COMMAND] [--cluster NAME] [OPTIONS]\n\n"
	     "Kubernetes in one rootless container. Without COMMAND it is `up`:");
	for (size_t i = 0; i < command_count; i++)
		printf("  %-11s %s\n", command_rows[i].name, command_rows[i].help);
	puts("\n`kinc-launch COMMAND --help` tells its options.\n"
	     "Exit status: 0 done, 1 not so, 100 misuse, 111 the host lacks something.\n"
	     "Example: kinc-launch --cluster dev && kubectl --context kinc-dev get nodes");
	return KINC_EXIT_OK;
}
