/* SPDX-License-Identifier: MIT */
#include "nearest.h"

#include <ctype.h>
#include <string.h>

enum { LENGTH_MAX = 40 };

static size_t least(size_t a, size_t b, size_t c)
{
	size_t smaller = a < b ? a : b;

	return smaller < c ? smaller : c;
}

/* Levenshtein's, without regard to case. */
static size_t distance(const char *a, const char *b)
{
	size_t row[LENGTH_MAX + 1];
	size_t width = strnlen(b, LENGTH_MAX), height = strnlen(a, LENGTH_MAX);

	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; i <= height; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			size_t above = row[j];
			size_t changed = tolower((unsigned char)a[i - 1]) !=
					 tolower((unsigned char)b[j - 1]);
			row[j] = least(above + 1, row[j - 1] + 1, diagonal + changed);
			diagonal = above;
		}
	}
	return row[width];
}

const char *nearest_of(const char *word, const char *const *words, size_t count)
{
	size_t best = 0;

	for (size_t i = 1; i < count; i++)
		if (distance(word, words[i]) < distance(word, words[best]))
			best = i;
	return words[best];
}
