/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_COMPLETION_H
#define KINC_HOST_COMPLETION_H

#include "commands.h"

/* Each prints what completes the words of kinc-launch in its shell. */
void completion_bash(void);
void completion_zsh(void);
void completion_fish(void);

/* Whether the command's word is one of several that it names: "print|install|remove". */
bool completion_has_verbs(const struct command *command);

/* Those words with spaces between. */
void completion_print_verbs(const struct command *command);

/* Text within the single quotes of a shell that writes a quote itself as quote. */
void completion_print_quoted(const char *text, const char *quote);

#endif
