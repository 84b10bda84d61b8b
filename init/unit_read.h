/* SPDX-License-Identifier: MIT */
#ifndef INIT_UNIT_READ_H
#define INIT_UNIT_READ_H

#include "complaints.h"
#include "template.h"
#include "unit.h"

/*
 * Reading JSON into structs by tables: each key of an object has a function
 * for its value and the offset of its field. Keys that are in no table are
 * errors, so are keys given twice and values of the wrong type.
 */
struct reader {
	const struct kinc_span_doc *doc;
	struct arena *arena;
	struct complaints *complaints;
	const struct variables *variables; /* which {{NAME}} are known */
	bool any_kinc;			   /* take every {{KINC_...}} for known */
	const char *instance;		   /* replaces {{INSTANCE}}; NULL: unknown there */
	bool is_template;		   /* {{INSTANCE}} is known, its value is not */
};

struct key {
	const char *name;
	void (*read)(struct reader *reader, const struct key *key, uint32_t node, void *field);
	size_t offset;
	int min, max;		   /* read_int */
	const char *const *words;  /* read_word: the field becomes the index */
	const struct key *members; /* read_object, read_list: their table */
	size_t size;		   /* read_list: of one item */
	void (*prepare)(void *item); /* read_list: sets defaults of one item */
	unsigned types;		     /* top level: bits of enum unit_type that may have it */
	const char *about;	     /* one line for whoever writes a unit */
};

/* The string of a node in the arena, its {{NAME}}s checked; NULL after a complaint. */
char *read_string_value(struct reader *reader, const char *name, uint32_t node);

/* Complains that there was no memory for something of this file. */
void read_no_memory(struct reader *reader);

#define KEY_END {.name = NULL}

void read_text(struct reader *reader, const struct key *key, uint32_t node, void *field);
void read_path(struct reader *reader, const struct key *key, uint32_t node, void *field);
void read_flag(struct reader *reader, const struct key *key, uint32_t node, void *field);
void read_int(struct reader *reader, const struct key *key, uint32_t node, void *field);
void read_word(struct reader *reader, const struct key *key, uint32_t node, void *field);
/* An octal number as a string, "0755", into an int. */
void read_mode(struct reader *reader, const struct key *key, uint32_t node, void *field);
/* A name of a signal into an int. */
void read_signal(struct reader *reader, const struct key *key, uint32_t node, void *field);
/* An array of strings into struct strings. */
void read_strings(struct reader *reader, const struct key *key, uint32_t node, void *field);
/* The same, of which the first must not be empty. */
void read_argv(struct reader *reader, const struct key *key, uint32_t node, void *field);
/* The same, of absolute paths. */
void read_paths(struct reader *reader, const struct key *key, uint32_t node, void *field);
/* The same, each NAME or NAME=VALUE. */
void read_settings(struct reader *reader, const struct key *key, uint32_t node, void *field);
/* The same, of capabilities such as CAP_SYS_ADMIN. */
void read_capabilities(struct reader *reader, const struct key *key, uint32_t node, void *field);
/* An array of exit codes and signal names into a struct list of int (unit.h). */
void read_ends(struct reader *reader, const struct key *key, uint32_t node, void *field);
/* An object of strings into struct strings of NAME=VALUE. */
void read_environment(struct reader *reader, const struct key *key, uint32_t node, void *field);
void read_object(struct reader *reader, const struct key *key, uint32_t node, void *field);
void read_list(struct reader *reader, const struct key *key, uint32_t node, void *field);

/* Every member of the object by the table, into the struct at base. */
void read_members(struct reader *reader, const struct key *table, uint32_t object, void *base);

#endif
