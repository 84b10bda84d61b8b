/* SPDX-License-Identifier: MIT */
/* The printing half of json_tree.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "json.h"

static void put_string(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		static const char named[] = {
			['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < sizeof(named) && named[c])
			fprintf(out, "\\%c", named[c]);
		else if (c < ' ')
			fprintf(out, "\\u%04x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

static void put_number(FILE *out, double number)
{
	char text[32];

	if (!isfinite(number)) {
		fputs("null", out);
		return;
	}
	/* The shortest of the two that gives the same number when read. */
	snprintf(text, sizeof(text), "%1.15g", number);
	if (strtod(text, NULL) < number || strtod(text, NULL) > number)
		snprintf(text, sizeof(text), "%1.17g", number);
	fputs(text, out);
}

static void indent(FILE *out, int depth)
{
	putc('\n', out);
	while (depth-- > 0)
		putc('\t', out);
}

/* depth is -1 for a text in one line. */
static void put(FILE *out, const cJSON *item, int depth)
{
	int below = depth < 0 ? depth : depth + 1;

	switch (item->type & 0xFF) {
	case cJSON_True:
		fputs("true", out);
		break;
	case cJSON_False:
		fputs("false", out);
		break;
	case cJSON_Number:
		put_number(out, item->valuedouble);
		break;
	case cJSON_String:
		put_string(out, item->valuestring);
		break;
	case cJSON_Array:
		putc('[', out);
		for (const cJSON *child = item->child; child; child = child->next) {
			put(out, child, below);
			if (child->next)
				fputs(depth < 0 ? "," : ", ", out);
		}
		putc(']', out);
		break;
	case cJSON_Object:
		putc('{', out);
		for (const cJSON *child = item->child; child; child = child->next) {
			if (depth >= 0)
				indent(out, below);
			put_string(out, child->string);
			fputs(depth < 0 ? ":" : ":\t", out);
			put(out, child, below);
			if (child->next)
				putc(',', out);
		}
		if (depth >= 0)
			indent(out, depth);
		putc('}', out);
		break;
	default:
		fputs("null", out);
		break;
	}
}

static char *print(const cJSON *item, int depth)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = item ? open_memstream(&text, &size) : NULL;

	if (!out)
		return NULL;
	put(out, item, depth);
	if (ferror(out) | fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

char *cJSON_PrintUnformatted(const cJSON *item)
{
	return print(item, -1);
}

char *cJSON_Print(const cJSON *item)
{
	return print(item, 0);
}
