/* SPDX-License-Identifier: MIT */
#ifndef KINC_WRAPPER_JSON_WRITE_H
#define KINC_WRAPPER_JSON_WRITE_H

#include <stdio.h>

/*
 * Writes text as a JSON string with its quotes. Bytes that are no UTF-8 (a
 * container's id or a path may be anything) become U+FFFD. NULL writes null.
 */
void json_write_string(FILE *out, const char *text);

/* As above, behind "name": and a comma when one is needed. */
void json_write_member(FILE *out, const char *separator, const char *name, const char *text);

#endif
