/* SPDX-License-Identifier: MIT */
#include "log_level.h"

#include <stddef.h>

const char *const log_level_words[] = {"emerg",	  "alert",  "crit", "err",
				       "warning", "notice", "info", "debug",
				       NULL};

int log_level_read(const char *line, const char **ret_text)
{
	*ret_text = line;
	if (line[0] != '<' || line[1] < '0' || line[1] > '7' || line[2] != '>')
		return LOG_LEVEL_NONE;
	*ret_text = line + 3;
	return line[1] - '0';
}
