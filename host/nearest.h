/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_NEAREST_H
#define KINC_HOST_NEAREST_H

#include <stddef.h>

/* Which of the words, of which there is one, somebody meant who wrote word: fewest edits. */
const char *nearest_of(const char *word, const char *const *words, size_t count);

#endif
