/* SPDX-License-Identifier: MIT */
#include "complaints.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void keep(struct complaints *complaints, const char *line)
{
	if (complaints->count == COMPLAINTS_MAX) {
		complaints->lost++;
		return;
	}
	/* Instances of one template share its faults. */
	for (size_t i = 0; i < complaints->count; i++)
		if (strcmp(complaints->lines[i], line) == 0)
			return;
	char **more = realloc(complaints->lines, (complaints->count + 1) * sizeof(*more));

	if (more)
		complaints->lines = more;
	char *copy = more ? strdup(line) : NULL;
	if (copy)
		complaints->lines[complaints->count++] = copy;
	else
		complaints->lost++;
}

#define LINE_BYTES sizeof(((struct kinc_error *)NULL)->message)

__attribute__((format(printf, 2, 0))) static void put_line(char *text, const char *format,
							   va_list args)
{
	if (vsnprintf(text, LINE_BYTES, format, args) < 0)
		text[0] = '\0';
}

void complain(struct complaints *complaints, const char *format, ...)
{
	struct kinc_error line = {0};
	char text[LINE_BYTES];
	va_list args;

	va_start(args, format);
	put_line(text, format, args);
	va_end(args);
	kinc_error_set(&line, EINVAL, "%s", text);
	keep(complaints, line.message);
}

void complain_at(struct complaints *complaints, const struct kinc_span_doc *doc, uint32_t node,
		 const char *format, ...)
{
	struct kinc_error line = {0};
	char text[LINE_BYTES];
	va_list args;

	va_start(args, format);
	put_line(text, format, args);
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
