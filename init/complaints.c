/* SPDX-License-Identifier: MIT */
#include "complaints.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void keep(struct complaints *complaints, const char *line)
{
	char **more = realloc(complaints->lines, (complaints->count + 1) * sizeof(*more));

	if (more)
		complaints->lines = more;
	char *copy = more ? strdup(line) : NULL;
	if (copy)
		complaints->lines[complaints->count++] = copy;
	else
		complaints->lost++;
}

void complain(struct complaints *complaints, const char *format, ...)
{
	struct kinc_error line = {0};
	char text[sizeof(line.message)];
	va_list args;

	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	kinc_error_set(&line, EINVAL, "%s", text);
	keep(complaints, line.message);
}

void complain_at(struct complaints *complaints, const struct kinc_span_doc *doc, uint32_t node,
		 const char *format, ...)
{
	struct kinc_error line = {0};
	char text[sizeof(line.message)];
	va_list args;

	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	kinc_span_error(doc, node, &line, EINVAL, "%s", text);
	keep(complaints, line.message);
}

void complaints_free(struct complaints *complaints)
{
	for (size_t i = 0; i < complaints->count; i++)
		free(complaints->lines[i]);
	free(complaints->lines);
	*complaints = (struct complaints){0};
}
