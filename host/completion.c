/* SPDX-License-Identifier: MIT */
/* Completion for the shells that people use, written from the tables of commands.c. */
#include "completion.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct shell {
	const char *name;
	void (*print)(void);
} shells[] = {
	{"bash", completion_bash},
	{"zsh", completion_zsh},
	{"fish", completion_fish},
};

bool completion_has_verbs(const struct command *command)
{
	return strchr(command->operands, '|') && *command->operands >= 'a';
}

void completion_print_verbs(const struct command *command)
{
	for (const char *at = command->operands; *at; at++)
		putchar(*at == '|' ? ' ' : *at);
}

void completion_print_quoted(const char *text, const char *quote)
{
	for (; *text; text++)
		if (*text == '\'')
			fputs(quote, stdout);
		else
			putchar(*text);
}

int command_completion(struct launch *launch, struct kinc_error *err)
{
	for (size_t i = 0; launch->operand_count == 1 && i < sizeof(shells) / sizeof(*shells); i++)
		if (strcmp(launch->operands[0], shells[i].name) == 0) {
			shells[i].print();
			return KINC_EXIT_OK;
		}
	kinc_error_set(err, EINVAL, "completion for which shell? there are bash, zsh and fish");
	return KINC_EXIT_MISUSE;
}
