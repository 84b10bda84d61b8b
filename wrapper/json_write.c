/* SPDX-License-Identifier: MIT */
#include "json_write.h"

#include "json_span.h"

void json_write_string(FILE *out, const char *text)
{
	if (!text) {
		fputs("null", out);
		return;
	}
	fputc('"', out);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\') {
			fprintf(out, "\\%c", *p);
		} else if (*p < ' ' || *p == 0x7f) {
			fprintf(out, "\\u%04x", *p);
		} else if (*p < 0x80) {
			fputc(*p, out);
		} else {
			/* Four bytes at most, and the NUL at the end is no part of any. */
			unsigned length = kinc_utf8_length(p, 4);
			if (length) {
				fwrite(p, 1, length, out);
				p += length - 1;
			} else {
				fputs("\\ufffd", out);
			}
		}
	}
	fputc('"', out);
}

void json_write_member(FILE *out, const char *separator, const char *name, const char *text)
{
	fprintf(out, "%s\"%s\":", separator, name);
	json_write_string(out, text);
}
