/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void message_finish(char *message, size_t size, int wanted)
{
	if (wanted < 0)
		snprintf(message, size, "(unprintable error)");
	else if ((size_t)wanted >= size)
		memcpy(message + size - 4, "...", 4);
	for (char *c = message; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

int kinc_error_set(struct kinc_error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return -code;
	va_start(args, format);
	int wanted = vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	message_finish(err->message, sizeof(err->message), wanted);
	err->code = code;
	return -code;
}

int kinc_error_errno(struct kinc_error *err, int code, const char *format, ...)
{
	char text[KINC_ERROR_MAX];
	va_list args;

	if (!err)
		return -code;
	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	return kinc_error_set(err, code, "%s: %s", text, strerror(code));
}

int kinc_error_prefix(struct kinc_error *err, const char *format, ...)
{
	char prefix[KINC_ERROR_MAX];
	char old[KINC_ERROR_MAX];
	va_list args;

	if (!err)
		return 0;
	va_start(args, format);
	if (vsnprintf(prefix, sizeof(prefix), format, args) < 0)
		prefix[0] = '\0';
	va_end(args);
	memcpy(old, err->message, sizeof(old));
	return kinc_error_set(err, err->code, "%s: %s", prefix, old);
}
