/* SPDX-License-Identifier: MIT */
/*
 * kincctl: asks kinc-init, over its control socket (docs/protocol.md). What it
 * prints goes through stdio, which asks whether that is a terminal:
 * #syscalls ioctl
 */
#include "kincctl.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sandbox.h"
#include "syscalls/kincctl.h"
#include "version.h"

static const struct command {
	const char *name;
	enum { NO_UNIT, A_UNIT, MAYBE_UNIT } takes;
	bool alone; /* it asks no kinc-init */
	int (*run)(struct kinc_control *control, const struct arguments *arguments,
		   struct kinc_error *err);
	const char *help;
} commands[] = {
	{"status", NO_UNIT, false, command_status, "units and their states; 0 when the node is ready, else 1"},
	{"watch", NO_UNIT, false, command_watch, "the same, then every change as it happens"},
	{"log", MAYBE_UNIT, false, command_log, "the last lines that a unit wrote, or all of them"},
	{"start", A_UNIT, false, command_start, "start a unit and what it needs; waits for the outcome"},
	{"stop", A_UNIT, false, command_stop, "stop a unit, and first what requires it"},
	{"restart", A_UNIT, false, command_restart, "stop and start a unit; the others stay"},
	{"reload", A_UNIT, false, command_reload, "have a service take its configuration over anew"},
	{"show", A_UNIT, false, command_show, "all that is known of a unit, with its resources"},
	{"kill", A_UNIT, false, command_kill, "send a unit's processes a signal (--signal)"},
	{"chart", NO_UNIT, false, command_chart, "the boot as SVG: who waited, who took long"},
	{"check", NO_UNIT, true, command_check, "validate the unit files and print the order (--units)"},
	{"shutdown", NO_UNIT, false, command_shutdown, "stop everything and end the node"},
	{"health", NO_UNIT, false, command_health, "0 when the node is ready; with --json the reasons"},
	{"flight", NO_UNIT, true, command_flight, "the flight record: last states and events, a crash"},
};

static void print_help(void)
{
	static const char *const operands[] = {"", "UNIT", "[UNIT]"};

	puts("usage: kincctl [--socket PATH] COMMAND [UNIT] [options]\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		printf("  %-8s %-6s %s\n", commands[i].name, operands[commands[i].takes],
		       commands[i].help);
	puts("\n"
	     "  --json         print kinc-init's own lines, or the same as JSON\n"
	     "  --lines N      log: how many lines (default 100, with --since all)\n"
	     "  --since WHEN   log: 90s, 10m, 2h, 1d ago, or 2026-11-24T02:51\n"
	     "  --follow, -f   log: go on with new lines\n"
	     "  --signal NAME  kill: default SIGTERM\n"
	     "  --units DIR    check: instead of the node's; may be repeated\n"
	     "  --last         flight: of the start before this one\n"
	     "  --file PATH    flight: default /var/lib/kinc/flight\n"
	     "  --force        start: run a oneshot whatever its stamp says\n"
	     "  --no-wait      start, stop, restart: return once it is queued\n"
	     "  --socket PATH  default " KINC_CONTROL_SOCKET "\n"
	     "  --version, --help\n"
	     "\n"
	     "Exit status: 0 done, 1 not so or failed, 100 wrong use, 111 no kinc-init to ask.\n"
	     "Example: podman exec kinc-dev-control-plane kincctl log kubelet --lines 20");
}

static int misuse(const char *what, const char *which)
{
	fprintf(stderr, "kincctl: %s%s. Try kincctl --help.\n", what, which ? which : "");
	return KINC_EXIT_MISUSE;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* Here, because the time zone's file is looked for before the filter. */
static bool read_since(struct arguments *arguments, const char *text)
{
	static const struct {
		char letter;
		time_t seconds;
	} spans[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"};
	char *end;
	long number = strtol(text, &end, 10);
	double thousandths = 0;

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		if (end == text || number < 0 || number > 100000 || *end != spans[i].letter ||
		    end[1])
			continue;
		arguments->since_ms = (double)(time(NULL) - number * spans[i].seconds) * 1e3;
		return true;
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm parts = {0};
		end = strptime(text, forms[i], &parts);
		if (!end)
			continue;
		if (i == 0 && *end == '.')
			thousandths = strtod(end, &end) * 1e3;
		arguments->since_ms = (double)timegm(&parts) * 1e3 + thousandths;
		return (!*end || strcmp(end, "Z") == 0) && arguments->since_ms > 0;
	}
	return false;
}

/* -1 to go on, otherwise an exit status. */
static int read_options(struct arguments *arguments, int argc, char **argv)
{
	static const struct option known[] = {
		{"socket", required_argument, NULL, 's'}, {"lines", required_argument, NULL, 'n'},
		{"json", no_argument, NULL, 'j'},	  {"follow", no_argument, NULL, 'f'},
		{"no-wait", no_argument, NULL, 'w'},	  {"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},	  {"force", no_argument, NULL, 'F'},
		{"signal", required_argument, NULL, 'S'},
		{"since", required_argument, NULL, 't'},
		{"units", required_argument, NULL, 'u'},
		{"last", no_argument, NULL, 'l'},
		{"file", required_argument, NULL, 'p'},
		{NULL, 0, NULL, 0},
	};
	int option;
	char *end;

	while ((option = getopt_long(argc, argv, "fn:", known, NULL)) != -1) {
		switch (option) {
		case 's':
			arguments->socket = optarg;
			break;
		case 'n':
			arguments->lines = (int)strtol(optarg, &end, 10);
			if (*end || end == optarg || arguments->lines < 0 ||
			    arguments->lines > 100000000)
				return misuse("--lines takes a number from 0 to 100000000", NULL);
			break;
		case 'j':
			arguments->json = true;
			break;
		case 'f':
			arguments->follow = true;
			break;
		case 'u':
			if (arguments->unit_directories == KINCCTL_UNITS_MAX)
				return misuse("too many --units", NULL);
			arguments->units[arguments->unit_directories++] = optarg;
			break;
		case 'l':
			arguments->last = true;
			break;
		case 'p':
			arguments->file = optarg;
			break;
		case 't':
			if (!read_since(arguments, optarg))
				return misuse("--since takes 90s, 10m, 2h, 1d or "
					      "2026-11-24T02:51", NULL);
			break;
		case 'S':
			arguments->signal = optarg;
			break;
		case 'F':
			arguments->force = true;
			break;
		case 'w':
			arguments->no_wait = true;
			break;
		case 'v':
			printf("kincctl %s (control protocol %d)\n", KINC_VERSION, KINC_PROTOCOL);
			return KINC_EXIT_OK;
		case 'h':
			print_help();
			return KINC_EXIT_OK;
		default:
			fputs("Try kincctl --help.\n", stderr);
			return KINC_EXIT_MISUSE;
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.socket = KINC_CONTROL_SOCKET, .lines = -1};
	cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
	struct kinc_error err;

	int status = read_options(&arguments, argc, argv);
	if (status >= 0)
		return status;
	if (optind >= argc)
		return misuse("a command is missing", NULL);
	const struct command *command = find_command(argv[optind]);
	if (!command)
		return misuse("there is no command ", argv[optind]);
	int operands = argc - optind - 1;
	if (command->takes == A_UNIT && operands < 1)
		return misuse("which unit? kincctl status names them", NULL);
	if (operands > (command->takes == NO_UNIT ? 0 : 1))
		return misuse("too many arguments: ", argv[argc - 1]);
	arguments.unit = operands > 0 ? argv[optind + 1] : NULL;

	/* check becomes another program, which the filter would bind too. */
	status = command->run == command_check
			 ? 0
			 : kinc_sandbox_enter(syscalls_kincctl, KINC_SANDBOX_KILL, &err);
	if (status == 0 && !command->alone)
		status = kinc_control_connect(&control, arguments.socket, &err);
	if (status == 0)
		status = command->run(&control, &arguments, &err);
	if (status >= 0)
		return status;
	fprintf(stderr, "kincctl: %s\n", err.message);
	return err.code == EREMOTEIO ? KINC_EXIT_NOT_SO : KINC_EXIT_SYSTEM;
}
