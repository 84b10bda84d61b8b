/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "completion.h"

static void print_help(const char *help)
{
	printf(" -d '");
	completion_print_quoted(help, "\\'");
	puts("'");
}

static void print_option(int option)
{
	const struct option_row *row = &option_rows[option];

	printf("complete -c kinc-launch -l %s -n '__kinc_launch_is", row->name);
	for (size_t i = 0; i < command_count; i++)
		if (command_takes(&command_rows[i], option))
			printf(" %s", command_rows[i].name);
	putchar('\'');
	if (option == OPTION_CLUSTER)
		printf(" -x -a '(kinc-launch list --quiet 2>/dev/null)'");
	else if (row->words)
		printf(" -x -a '%s'", row->words);
	else if (row->value)
		printf(" -r -F");
	print_help(row->help);
}

void completion_fish(void)
{
	printf("# fish completion of kinc-launch\n"
	       "set -g __kinc_launch_commands");
	for (size_t i = 0; i < command_count; i++)
		printf(" %s", command_rows[i].name);
	puts("\n"
	     "function __kinc_launch_command\n"
	     "\tfor word in (commandline -opc)[2..-1]\n"
	     "\t\tcontains -- $word $__kinc_launch_commands; and echo $word; and return\n"
	     "\tend\n"
	     "\treturn 1\n"
	     "end\n"
	     "function __kinc_launch_is\n"
	     "\tset -l command (__kinc_launch_command); or set command up\n"
	     "\tcontains -- $command $argv\n"
	     "end");
	for (size_t i = 0; i < command_count; i++) {
		printf("complete -c kinc-launch -f -n 'not __kinc_launch_command' -a %s",
		       command_rows[i].name);
		print_help(command_rows[i].help);
	}
	for (size_t i = 0; i < command_count; i++) {
		if (!completion_has_verbs(&command_rows[i]))
			continue;
		printf("complete -c kinc-launch -f -n '__kinc_launch_is %s' -a '",
		       command_rows[i].name);
		completion_print_verbs(&command_rows[i]);
		puts("'");
	}
	for (int i = 0; i < OPTION_COUNT; i++)
		print_option(i);
}
