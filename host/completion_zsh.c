/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "completion.h"

static void print_pair(const char *dashes, const char *name, const char *help)
{
	printf(" '%s%s:", dashes, name);
	completion_print_quoted(help, "'\\''");
	putchar('\'');
}

static void print_values(void)
{
	printf("\t--cluster) compadd -- ${(f)\"$(kinc-launch list --quiet 2>/dev/null)\"}; "
	       "return ;;\n");
	for (int i = 0; i < OPTION_COUNT; i++)
		if (option_rows[i].words)
			printf("\t--%s) compadd -- %s; return ;;\n", option_rows[i].name,
			       option_rows[i].words);
		else if (option_rows[i].value && i != OPTION_CLUSTER)
			printf("\t--%s) _files; return ;;\n", option_rows[i].name);
}

static void print_options(const struct command *command)
{
	printf("\t\t%s) words_of=(", command->name);
	for (int i = 0; i < OPTION_COUNT; i++)
		if (command_takes(command, i))
			print_pair("--", option_rows[i].name, option_rows[i].help);
	puts(") ;;");
}

void completion_zsh(void)
{
	printf("#compdef kinc-launch\n"
	       "_kinc_launch() {\n"
	       "\tlocal command=up given=no each\n"
	       "\tlocal -a commands words_of\n"
	       "\tcommands=(");
	for (size_t i = 0; i < command_count; i++)
		print_pair("", command_rows[i].name, command_rows[i].help);
	puts(")\n"
	     "\tfor each in ${words[2,CURRENT-1]}; do\n"
	     "\t\t(( ${commands[(I)$each:*]} )) && command=$each given=yes\n"
	     "\tdone\n"
	     "\tcase ${words[CURRENT-1]} in");
	print_values();
	puts("\tesac\n"
	     "\tif [[ $PREFIX == -* ]]; then\n"
	     "\t\tcase $command in");
	for (size_t i = 0; i < command_count; i++)
		print_options(&command_rows[i]);
	puts("\t\tesac\n"
	     "\t\t_describe option words_of\n"
	     "\t\treturn\n"
	     "\tfi\n"
	     "\tif [[ $given == no ]]; then _describe command commands; return; fi\n"
	     "\tcase $command in");
	for (size_t i = 0; i < command_count; i++) {
		if (!completion_has_verbs(&command_rows[i]))
			continue;
		printf("\t%s) compadd -- ", command_rows[i].name);
		completion_print_verbs(&command_rows[i]);
		puts(" ;;");
	}
	/* Both `source` it and put it into fpath. */
	puts("\t*) _files ;;\n"
	     "\tesac\n"
	     "}\n"
	     "if [[ $funcstack[1] == _kinc-launch ]]; then _kinc_launch \"$@\"\n"
	     "else compdef _kinc_launch kinc-launch; fi");
}
