/* SPDX-License-Identifier: MIT */
/* The keys that say as what, and within which bounds, a unit's programs run. */
#include "unit_process.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

#define LIMIT(word, number, text) \
	{.name = (word), .read = read_rlimit, .min = (number), .about = (text)}
const struct key limit_keys[] = {
	LIMIT("nofile", RLIMIT_NOFILE, "open files"),
	LIMIT("nproc", RLIMIT_NPROC, "processes of its user"),
	LIMIT("core", RLIMIT_CORE, "bytes of a core dump"),
	LIMIT("memlock", RLIMIT_MEMLOCK, "bytes locked into memory"),
	LIMIT("stack", RLIMIT_STACK, "bytes of the stack"),
	LIMIT("fsize", RLIMIT_FSIZE, "bytes of a file that it writes"),
	LIMIT("data", RLIMIT_DATA, "bytes of its data segment"),
	LIMIT("as", RLIMIT_AS, "bytes of its address space"),
	LIMIT("cpu", RLIMIT_CPU, "seconds of CPU time"),
	LIMIT("sigpending", RLIMIT_SIGPENDING, "queued signals of its user"),
	LIMIT("msgqueue", RLIMIT_MSGQUEUE, "bytes in POSIX message queues of its user"),
	LIMIT("nice", RLIMIT_NICE, "20 minus the lowest nice value"),
	LIMIT("rtprio", RLIMIT_RTPRIO, "real-time priority"),
	KEY_END,
};

static const char *const files[] = {
	"memory.max", "memory.high", "memory.low", "memory.swap.max",
	"cpu.max",    "cpu.weight",  "pids.max",   "io.weight",
};
/* words: the file of the cgroup. */
const struct key resource_keys[] = {
	{.name = "memory_max", .read = read_bytes, .words = &files[0],
	 .about = "bytes, \"64M\", \"1G\" or \"max\"; who needs more is killed"},
	{.name = "memory_high", .read = read_bytes, .words = &files[1],
	 .about = "above this its memory is reclaimed, and it is slowed down"},
	{.name = "memory_low", .read = read_bytes, .words = &files[2],
	 .about = "below this its memory is spared while others have some"},
	{.name = "swap_max", .read = read_bytes, .words = &files[3], .about = "bytes of swap"},
	{.name = "cpu_max", .read = read_cores, .words = &files[4],
	 .about = "cores: 2, \"1.5\", \"500m\" or \"max\""},
	{.name = "cpu_weight", .read = read_amount, .words = &files[5], .min = 1, .max = 10000,
	 .about = "share of CPU time against others; 100 is usual"},
	{.name = "pids_max", .read = read_amount, .words = &files[6], .min = 1, .max = INT_MAX,
	 .about = "processes and threads, or \"max\""},
	{.name = "io_weight", .read = read_amount, .words = &files[7], .min = 1, .max = 10000,
	 .about = "share of disk time against others; 100 is usual"},
	KEY_END,
};

#define CAPABILITIES(member) offsetof(struct capability_spec, member)
const struct key capability_keys[] = {
	{.name = "bounding",
	 .read = read_capabilities,
	 .offset = CAPABILITIES(bounding),
	 .about = "the only ones that it and its children can ever have"},
	{.name = "ambient",
	 .read = read_capabilities,
	 .offset = CAPABILITIES(ambient),
	 .about = "those that it has although it is not root"},
	KEY_END,
};

static bool is_type(const struct reader *reader, uint32_t node, enum kinc_span_type type)
{
	return reader->doc->nodes[node].type == type;
}

static void complain_value(struct reader *reader, const struct key *key, uint32_t node,
			   const char *what)
{
	complain_at(reader->complaints, reader->doc, node, "\"%s\" must be %s", key->name, what);
}

/* A whole number with an optional unit: false when text is none, or too large. */
static bool parse_bytes(const char *text, uint64_t *ret)
{
	static const char units[] = "KMGT";
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;
	unsigned shift = unit ? 10U * (unsigned)(unit - units + 1) : 0;
	if (errno || (*end && (!unit || end[1])) || value > (uint64_t)INT64_MAX >> shift)
		return false;
	*ret = value << shift;
	return true;
}

/* A number, or a string of parse_bytes; UINT64_MAX for the word that means no limit. */
static bool take_bytes(struct reader *reader, const struct key *key, uint32_t node, uint64_t *ret)
{
	int64_t number;

	if (is_type(reader, node, KINC_SPAN_NUMBER) &&
	    kinc_span_int64(reader->doc, node, &number, NULL) == 0 && number >= 0) {
		*ret = (uint64_t)number;
		return true;
	}
	if (is_type(reader, node, KINC_SPAN_STRING)) {
		const char *text = read_string_value(reader, key->name, node);
		if (text && (strcmp(text, "infinity") == 0 || strcmp(text, "max") == 0)) {
			*ret = UINT64_MAX;
			return true;
		}
		if (text && parse_bytes(text, ret))
			return true;
	}
	complain_value(reader, key, node,
		       "a whole number, one with K, M, G or T behind it in quotes, or \"max\"");
	return false;
}

static rlim_t to_rlimit(uint64_t value)
{
	return value == UINT64_MAX ? RLIM_INFINITY : (rlim_t)value;
}

void read_rlimit(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	struct rlimit_spec **list = field;
	struct rlimit_spec limit = {.resource = key->min};
	uint32_t soft = node, hard = KINC_SPAN_NONE;
	uint64_t value;

	if (is_type(reader, node, KINC_SPAN_OBJECT)) {
		soft = kinc_span_member(reader->doc, node, "soft");
		hard = kinc_span_member(reader->doc, node, "hard");
		if (soft == KINC_SPAN_NONE || hard == KINC_SPAN_NONE ||
		    kinc_span_length(reader->doc, node) != 2) {
			complain_value(reader, key, node, "one value, or {\"soft\": …, \"hard\": …}");
			return;
		}
		if (!take_bytes(reader, key, hard, &value))
			return;
		limit.hard = to_rlimit(value);
		limit.has_hard = true;
	}
	if (!take_bytes(reader, key, soft, &value))
		return;
	limit.soft = to_rlimit(value);
	if (limit.has_hard && limit.soft > limit.hard) {
		complain_at(reader->complaints, reader->doc, node,
			    "the soft limit \"%s\" is above the hard one", key->name);
		return;
	}
	struct rlimit_spec *item = *list;
	while (item && item->resource != limit.resource)
		item = item->next;
	if (!item) {
		item = arena_alloc(reader->arena, sizeof(*item));
		if (!item) {
			read_no_memory(reader);
			return;
		}
		item->next = *list;
		*list = item;
	}
	limit.next = item->next;
	*item = limit;
}

/* Takes a value for the key's file; one that a file before this one gave is replaced. */
static void put_resource(struct reader *reader, const struct key *key, void *field, char *value)
{
	struct resource_spec **list = field;
	struct resource_spec *item = *list;

	while (item && item->key != key->name)
		item = item->next;
	if (!item && value) {
		item = arena_alloc(reader->arena, sizeof(*item));
		if (item) {
			*item = (struct resource_spec){
				.next = *list, .key = key->name, .file = key->words[0]};
			*list = item;
		}
	}
	if (item && value)
		item->value = value;
	else
		read_no_memory(reader);
}

void read_bytes(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	uint64_t value;

	if (!take_bytes(reader, key, node, &value))
		return;
	put_resource(reader, key, field,
		     value == UINT64_MAX ? arena_copy(reader->arena, "max")
					 : arena_format(reader->arena, "%llu",
							(unsigned long long)value));
}

/* "1.5" or "500m" in thousandths; -1: neither. */
static long parse_cores(const char *text)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	unsigned long whole = strtoul(text, &end, 10);
	if (whole > 1000000)
		return -1;
	if (strcmp(end, "m") == 0)
		return (long)whole;
	long thousandths = (long)whole * 1000, weight = 100;
	if (*end == '.' && end[1])
		for (end++; isdigit((unsigned char)*end) && weight > 0; end++, weight /= 10)
			thousandths += (*end - '0') * weight;
	return *end ? -1 : thousandths;
}

void read_cores(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	int64_t number;
	long thousandths = -1;

	if (is_type(reader, node, KINC_SPAN_NUMBER)) {
		if (kinc_span_int64(reader->doc, node, &number, NULL) == 0 && number > 0 &&
		    number <= 1000000)
			thousandths = (long)number * 1000;
	} else if (is_type(reader, node, KINC_SPAN_STRING)) {
		const char *text = read_string_value(reader, key->name, node);
		if (text && strcmp(text, "max") == 0) {
			put_resource(reader, key, field, arena_copy(reader->arena, "max"));
			return;
		}
		thousandths = text ? parse_cores(text) : -1;
	}
	/* The kernel takes no quota under a millisecond. */
	if (thousandths < 10)
		complain_value(reader, key, node,
			       "a number of cores: 2, \"1.5\", \"500m\" (at least \"10m\") or \"max\"");
	else
		put_resource(reader, key, field,
			     arena_format(reader->arena, "%ld 100000", thousandths * 100));
}

void read_amount(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	int number = 0;

	if (key->max == INT_MAX && is_type(reader, node, KINC_SPAN_STRING) &&
	    kinc_span_string_is(reader->doc, node, "max")) {
		put_resource(reader, key, field, arena_copy(reader->arena, "max"));
		return;
	}
	read_int(reader, key, node, &number);
	if (number > 0)
		put_resource(reader, key, field, arena_format(reader->arena, "%d", number));
}

void read_owner(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	int64_t number;
	char *text = NULL;

	if (is_type(reader, node, KINC_SPAN_NUMBER)) {
		/* The highest means "unchanged" to setresuid(2). */
		if (kinc_span_int64(reader->doc, node, &number, NULL) == 0 && number >= 0 &&
		    number < UINT32_MAX)
			text = arena_format(reader->arena, "%lld", (long long)number);
	} else if (is_type(reader, node, KINC_SPAN_STRING)) {
		text = read_string_value(reader, key->name, node);
	}
	if (text && *text)
		*(char **)field = text;
	else
		complain_value(reader, key, node, "a name or a number");
}

void read_owners(struct reader *reader, const struct key *key, uint32_t node, void *field)
{
	struct strings strings = {0};

	if (!is_type(reader, node, KINC_SPAN_ARRAY)) {
		complain_value(reader, key, node, "an array of names and numbers");
		return;
	}
	size_t room = kinc_span_length(reader->doc, node) + 1;
	strings.items = arena_alloc(reader->arena, room * sizeof(*strings.items));
	if (!strings.items) {
		read_no_memory(reader);
		return;
	}
	for (uint32_t item = reader->doc->nodes[node].child; item != KINC_SPAN_NONE;
	     item = reader->doc->nodes[item].next) {
		read_owner(reader, key, item, &strings.items[strings.count]);
		if (strings.items[strings.count])
			strings.count++;
	}
	*(struct strings *)field = strings;
}
