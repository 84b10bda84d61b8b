/* SPDX-License-Identifier: MIT */
#ifndef NETD_SCRIPT_H
#define NETD_SCRIPT_H

#include "model.h"

/*
 * What the model wants as commands of nft. Names of everything but the ground
 * begin with prefix: it tells what one run of kincnetd made from another's.
 */
#define SCRIPT_PREFIX_MAX 16

/* The name of a chain or set: PREFIX LETTER ID. */
#define SCRIPT_NAME_MAX (SCRIPT_PREFIX_MAX + 16)

void script_maps(FILE *out, const char *prefix);
void script_hooks(FILE *out, const char *prefix);
void script_peers(FILE *out, const char *prefix, const struct model *model,
		  const struct peers *peers);
/* A chain, empty, with its counter; then its rules from the line *text on, at most max. */
void script_chain(FILE *out, const char *prefix, const struct chain *chain);
/* Returns the weight of what was written: lines and, for sets in them, more. */
size_t script_rules(FILE *out, const char *prefix, const struct chain *chain, const char **text,
		    size_t max);
/* The rule that ends a profile. */
void script_end(FILE *out, const char *prefix, const struct chain *chain);

/* The set or map that the element is of. */
void script_set_name(const char *prefix, const struct element *element, char name[SCRIPT_NAME_MAX]);

/* A whole settlement for reading, as `kincnetd --compile` shows it: sorted, with comments. */
void script_print(FILE *out, const struct model *model, const struct settlement *settlement);

#endif
