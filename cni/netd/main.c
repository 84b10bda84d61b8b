/* SPDX-License-Identifier: MIT */
/*
 * kincnetd: NetworkPolicies as rules of nftables, from files of objects. What it
 * can do stands in a table.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "error.h"
#include "version.h"

static const char help[] =
	"usage: kincnetd --explain [OPTION...] SRC DST PORT[/PROTO]  may they talk, and why\n"
	"       kincnetd --compile [OPTION...] FILE...               policies as rules\n"
	"       kincnetd --apply [OPTION...] FILE...                 the same, into the kernel\n"
	"\n"
	"  SRC, DST             NAMESPACE/POD or an address\n"
	"  FILE                 JSON, as kubectl get pods,namespaces,networkpolicies -A -o json\n"
	"  --from FILE          explain the objects of FILE, not those of the kincnetd that runs\n"
	"  --pod-subnet SUBNET  of the node's pods: an address in it that no pod has is dropped\n"
	"  --json               for machines; --compile and --apply: how much there is\n"
	"  --version, --help\n"
	"\n"
	"Exit status: 0 done or allowed, 1 forbidden, 100 misuse, 111 system failure.\n"
	"\n"
	"Example: kincnetd --explain --from objects.json default/client default/web 80/TCP\n";

static int command_version(int argc, char **argv)
{
	(void)argc, (void)argv;
	puts("kincnetd " KINC_VERSION);
	return KINC_EXIT_OK;
}

static int command_help(int argc, char **argv)
{
	(void)argc, (void)argv;
	fputs(help, stdout);
	return KINC_EXIT_OK;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"--explain", command_explain}, {"--compile", command_compile}, {"--apply", command_apply},
	{"--version", command_version}, {"--help", command_help},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 2, argv + 2);
	fputs("kincnetd: which command? Try kincnetd --help.\n", stderr);
	return KINC_EXIT_MISUSE;
}
