/* SPDX-License-Identifier: MIT */
#include "signal_name.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

int signal_by_name(const char *text)
{
	const char *name = strncmp(text, "SIG", 3) == 0 ? text + 3 : text;

	for (int number = 1; number < SIGRTMIN; number++) {
		const char *known = sigabbrev_np(number);
		if (known && strcmp(known, name) == 0)
			return number;
	}
	long offset = strncmp(name, "RTMIN+", 6) == 0 ? strtol(name + 6, NULL, 10) : 0;
	return offset > 0 && offset <= SIGRTMAX - SIGRTMIN ? SIGRTMIN + (int)offset : 0;
}
