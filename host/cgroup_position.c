/* SPDX-License-Identifier: MIT */
#include "cgroup_position.h"

#include <string.h>

char *cgroup_position_parse(const char *text)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, "0::/", 4) == 0)
			return strndup(line + 3, strcspn(line + 3, "\n"));
	return NULL;
}
