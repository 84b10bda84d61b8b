/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "machine.h"
#include "version.h"

static const char help[] =
	"usage: kinc-init [--units DIR]... [--target NAME]\n"
	"       kinc-init --check|--dot [--json] [--units DIR]... [--target NAME]\n"
	"       kinc-init --schema|--states\n"
	"\n"
	"The first process of a kinc node: starts the units that a target needs, in\n"
	"parallel and in order, keeps services running, and stops all on SIGTERM.\n"
	"\n"
	"  --units DIR    read units from DIR; given again, later directories override\n"
	"                 (default /usr/lib/kinc/units, then /etc/kinc/units.d)\n"
	"  --target NAME  the unit to reach (default cluster)\n"
	"  --force        run every oneshot, whatever its stamp says (or KINC_FORCE=1)\n"
	"  --check        only validate the units and print their order\n"
	"  --json         with --check: the order, or the faults, as JSON\n"
	"  --dot          the same, printed as a graph in Graphviz's language\n"
	"  --schema       print the JSON Schema of unit files, for editors\n"
	"  --states       print the states of a unit as a diagram\n"
	"  --version, --help\n"
	"\n"
	"Exit status: 0 orderly shutdown, 1 a critical unit failed, 100 the unit files\n"
	"are wrong, 111 the system lacks something (the mend is printed), 112 a crash.\n"
	"\n"
	"Example: kinc-init --check --units ./units --target cluster\n";

int options_read(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{"units", required_argument, NULL, 'u'}, {"target", required_argument, NULL, 't'},
		{"check", no_argument, NULL, 'c'},	 {"dot", no_argument, NULL, 'd'},
		{"schema", no_argument, NULL, 's'},	 {"version", no_argument, NULL, 'v'},
		{"force", no_argument, NULL, 'f'},
		{"states", no_argument, NULL, 'S'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},	 {NULL, 0, NULL, 0},
	};
	int option;

	const char *force = getenv("KINC_FORCE");

	*options = (struct options){
		.target = "cluster",
		.force = force && strcmp(force, "1") == 0,
	};
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'u':
			if (options->directory_count == UNIT_DIRECTORIES_MAX) {
				fprintf(stderr, "kinc-init: at most %d --units\n",
					UNIT_DIRECTORIES_MAX);
				return KINC_EXIT_MISUSE;
			}
			options->directories[options->directory_count++].path = optarg;
			break;
		case 't':
			options->target = optarg;
			break;
		case 'd':
			options->dot = true;
			options->check = true;
			break;
		case 'f':
			options->force = true;
			break;
		case 's':
			options->schema = true;
			break;
		case 'S':
			machine_print(stdout);
			return KINC_EXIT_OK;
		case 'c':
			options->check = true;
			break;
		case 'j':
			options->json = true;
			break;
		case 'v':
			printf("kinc-init %s (control protocol %d)\n", KINC_VERSION, KINC_PROTOCOL);
			return KINC_EXIT_OK;
		case 'h':
			fputs(help, stdout);
			return KINC_EXIT_OK;
		default:
			fputs("Try kinc-init --help.\n", stderr);
			return KINC_EXIT_MISUSE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "kinc-init: \"%s\" is not an option. Try kinc-init --help.\n",
			argv[optind]);
		return KINC_EXIT_MISUSE;
	}
	if (options->json && (!options->check || options->dot)) {
		fputs("kinc-init: --json goes with --check. Try kinc-init --help.\n", stderr);
		return KINC_EXIT_MISUSE;
	}
	if (options->directory_count == 0) {
		options->directories[0].path = "/usr/lib/kinc/units";
		options->directories[1] = (struct unit_directory){"/etc/kinc/units.d", true};
		options->directory_count = 2;
	}
	return -1;
}
