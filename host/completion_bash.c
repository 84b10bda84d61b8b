/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "completion.h"

static void print_commands(void)
{
	for (size_t i = 0; i < command_count; i++)
		printf("%s%s", i ? " " : "", command_rows[i].name);
}

static void print_options(const struct command *command)
{
	for (int i = 0; i < OPTION_COUNT; i++)
		if (command_takes(command, i))
			printf(" --%s", option_rows[i].name);
}

static void print_verbs(const struct command *command)
{
	if (!completion_has_verbs(command))
		return;
	printf("\t\t%s) COMPREPLY=($(compgen -W '", command->name);
	completion_print_verbs(command);
	printf("' -- \"$word\")) ;;\n");
}

void completion_bash(void)
{
	printf("# bash completion of kinc-launch\n"
	       "_kinc_launch() {\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} "
	       "command=up each\n"
	       "\tlocal commands='");
	print_commands();
	printf("'\n"
	       "\tCOMPREPLY=()\n"
	       "\tfor each in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	       "\t\tcase \" $commands \" in *\" $each \"*) command=$each ;; esac\n"
	       "\tdone\n"
	       "\tcase $before in\n"
	       "\t--cluster) COMPREPLY=($(compgen -W \"$(kinc-launch list --quiet 2>/dev/null)\" "
	       "-- "
	       "\"$word\")); return ;;\n");
	for (int i = 0; i < OPTION_COUNT; i++)
		if (option_rows[i].words)
			printf("\t--%s) COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n",
			       option_rows[i].name, option_rows[i].words);
		else if (option_rows[i].value && i != OPTION_CLUSTER)
			printf("\t--%s) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n",
			       option_rows[i].name);
	printf("\tesac\n"
	       "\tcase $word in\n"
	       "\t-*)\n"
	       "\t\tcase $command in\n");
	for (size_t i = 0; i < command_count; i++) {
		printf("\t\t%s) COMPREPLY=($(compgen -W '", command_rows[i].name);
		print_options(&command_rows[i]);
		printf("' -- \"$word\")) ;;\n");
	}
	printf("\t\tesac\n"
	       "\t\t;;\n"
	       "\t*)\n"
	       "\t\tcase $command in\n");
	for (size_t i = 0; i < command_count; i++)
		print_verbs(&command_rows[i]);
	printf("\t\t*) COMPREPLY=($(compgen -W \"$commands\" -f -- \"$word\")) ;;\n"
	       "\t\tesac\n"
	       "\t\t;;\n"
	       "\tesac\n"
	       "}\n"
	       "complete -F _kinc_launch kinc-launch\n");
}
