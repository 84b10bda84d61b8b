/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "launch.h"

void launch_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("kinc-launch: ", stderr);
	vfprintf(stderr, format, args); // NOLINT(*valist*)
	fputc('\n', stderr);
	va_end(args);
}

void launch_clean(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
}
