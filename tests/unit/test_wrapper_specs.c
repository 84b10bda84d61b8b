/* SPDX-License-Identifier: MIT */
/*
 * Whole specs: those that container managers wrote (tests/wrapper/specs, each
 * with the changes that one node makes of it) and random ones. What differs is
 * found by comparing the two texts, without a look at the rules' own report.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "io.h"
#include "tests/unit/wrapper_node.h"
#include "wrapper/rewrite.h"

#define SPECS "tests/wrapper/specs"

struct comparison {
	const struct kinc_span_doc *before, *after;
	FILE *out; /* a line per difference */
	char path[4096];
};

static bool same_bytes(const struct comparison *c, uint32_t from, uint32_t to, uint32_t other_from,
		       uint32_t other_to)
{
	return to - from == other_to - other_from &&
	       memcmp(c->before->text + from, c->after->text + other_from, to - from) == 0;
}

static uint32_t whole_start(const struct kinc_span_node *n)
{
	return n->key_end ? n->key_start : n->start;
}

/* On one line, whatever its own lines are. */
static void print_value(const struct comparison *c, const struct kinc_span_doc *doc, uint32_t node)
{
	for (uint32_t i = doc->nodes[node].start; i < doc->nodes[node].end; i++)
		fputc((unsigned char)doc->text[i] < ' ' ? ' ' : doc->text[i], c->out);
}

/* Appends the child's name to the path; returns the length before. */
static size_t path_enter(struct comparison *c, uint32_t child, unsigned index)
{
	size_t length = strlen(c->path), room = sizeof(c->path) - length;
	cleanup_free char *key = NULL;

	if (kinc_span_key(c->before, child, &key, NULL, NULL) == 0)
		snprintf(c->path + length, room, "%s%s", length ? "." : "", key);
	else
		snprintf(c->path + length, room, "[%u]", index);
	return length;
}

/* Is this child of the original still there, as that child? */
static bool is_kept(const struct comparison *c, uint32_t child, uint32_t other)
{
	if (other == KINC_SPAN_NONE)
		return false;
	const struct kinc_span_node *a = &c->before->nodes[child], *b = &c->after->nodes[other];
	if (a->key_end)
		return same_bytes(c, a->key_start, a->key_end, b->key_start, b->key_end);
	uint32_t left = 0, other_left = 0;
	for (uint32_t i = child; i != KINC_SPAN_NONE; i = c->before->nodes[i].next)
		left++;
	for (uint32_t i = other; i != KINC_SPAN_NONE; i = c->after->nodes[i].next)
		other_left++;
	return left == other_left || same_bytes(c, a->start, a->end, b->start, b->end);
}

/* What stands between two values where one went: blanks and the comma of one. */
static void check_joint(const struct kinc_span_doc *doc, uint32_t from, uint32_t to)
{
	int commas = 0;

	for (; from < to; from++) {
		commas += doc->text[from] == ',';
		assert_non_null(strchr(" \t\r\n,", doc->text[from]));
	}
	assert_true(commas <= 1);
}

static void compare(struct comparison *c, uint32_t node, uint32_t other)
{
	const struct kinc_span_node *a = &c->before->nodes[node], *b = &c->after->nodes[other];

	if (same_bytes(c, a->start, a->end, b->start, b->end))
		return;
	if (a->type != b->type || a->type > KINC_SPAN_ARRAY) {
		fprintf(c->out, "%s: ", c->path);
		print_value(c, c->before, node);
		fputs(" -> ", c->out);
		print_value(c, c->after, other);
		fputc('\n', c->out);
		return;
	}
	uint32_t end = a->start + 1, other_end = b->start + 1;
	bool gap = false;
	unsigned index = 0;
	other = b->child;
	for (uint32_t child = a->child; child != KINC_SPAN_NONE;
	     child = c->before->nodes[child].next, index++) {
		const struct kinc_span_node *x = &c->before->nodes[child];
		size_t length = path_enter(c, child, index);

		if (is_kept(c, child, other)) {
			const struct kinc_span_node *y = &c->after->nodes[other];
			if (gap)
				check_joint(c->after, other_end, whole_start(y));
			else
				assert_true(same_bytes(c, end, whole_start(x), other_end,
						       whole_start(y)));
			assert_true(
				same_bytes(c, whole_start(x), x->start, whole_start(y), y->start));
			compare(c, child, other);
			other_end = y->end;
			other = y->next;
			gap = false;
		} else {
			fprintf(c->out, "%s: ", c->path);
			print_value(c, c->before, child);
			fputs(" removed\n", c->out);
			gap = true;
		}
		end = x->end;
		c->path[length] = '\0';
	}
	assert_int_equal(other, KINC_SPAN_NONE);
	if (!gap)
		assert_true(same_bytes(c, end, a->end, other_end, b->end));
	else
		check_joint(c->after, other_end, b->end - 1);
}

/* Are the differences what the report says, and nothing else? */
static void check_report(const struct report *report, const char *differences)
{
	size_t lines = 0, capabilities = 0, reported = 0, known;

	for (const char *line = differences; *line; line = strchr(line, '\n') + 1) {
		lines++;
		bool found = false;
		for (size_t i = 0; i < report->count && !found; i++) {
			known = strlen(report->changes[i].path);
			found = strncmp(line, report->changes[i].path, known) == 0 &&
				(line[known] == ':' || line[known] == '[');
		}
		if (!found)
			fail_msg("not in the report: %s", line);
		capabilities += strstr(line, "capabilities.") != NULL &&
				strstr(line, "capabilities.") < strchr(line, ':');
	}
	for (size_t i = 0; i < report->count; i++)
		reported += strcmp(report->changes[i].rule, "capabilities") != 0;
	assert_int_equal(lines - capabilities, reported);
}

/*
 * The differences, for the caller to free; NULL when the spec is refused. Also
 * checks that the same node has nothing to change in what it made.
 */
static char *differences(const char *name, const char *text, size_t size, const struct facts *facts,
			 bool again)
{
	cleanup_span struct kinc_span_doc before = {0}, after = {0};
	cleanup_free char *edited = NULL;
	struct kinc_error err = {0};
	struct rewrite rewrite;
	char *found = NULL;
	size_t edited_size, found_size;

	if (kinc_span_parse(name, text, size, &before, &err) < 0)
		fail_msg("%s", err.message);
	if (rewrite_spec(&rewrite, &before, SPEC_CONFIG, facts, false, &err) < 0) {
		rewrite_release(&rewrite);
		return NULL;
	}
	assert_int_equal(splice_apply(&rewrite.splice, &edited, &edited_size, NULL), 0);
	if (kinc_span_parse(name, edited, edited_size, &after, &err) < 0)
		fail_msg("%s", err.message);
	struct comparison c = {.before = &before, .after = &after};
	c.out = open_memstream(&found, &found_size);
	const struct kinc_span_node *a = &before.nodes[0], *b = &after.nodes[0];
	assert_true(same_bytes(&c, 0, a->start, 0, b->start));
	assert_true(same_bytes(&c, a->end, (uint32_t)size, b->end, (uint32_t)edited_size));
	compare(&c, 0, 0);
	fclose(c.out);
	check_report(&rewrite.report, found);
	assert_int_equal(rewrite.splice.changed, *found != '\0');
	rewrite_release(&rewrite);
	if (again) {
		cleanup_free char *twice = differences(name, edited, edited_size, facts, false);
		assert_non_null(twice);
		assert_string_equal(twice, "");
	}
	return found;
}

/* Podman's default capabilities and the three that kinc asks for. */
static struct facts container_facts(void)
{
	static const cap_value_t has[] = {
		CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FOWNER,    CAP_FSETID,	    CAP_KILL,
		CAP_SETGID,  CAP_SETUID,       CAP_SETPCAP,   CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
		CAP_SETFCAP, CAP_SYS_ADMIN,    CAP_NET_ADMIN, CAP_NET_RAW,
	};
	struct facts facts = node_facts();

	facts.capabilities = 0;
	for (size_t i = 0; i < sizeof(has) / sizeof(has[0]); i++)
		facts.capabilities |= UINT64_C(1) << has[i];
	facts.gids = facts.uids;
	facts.controllers = CONTROLLER_MEMORY | CONTROLLER_PIDS;
	return facts;
}

/* KINC_GOLDEN=write in the environment writes them, to be read before a commit. */
static void check_golden(const char *name, const char *found)
{
	const char *mode = getenv("KINC_GOLDEN");
	cleanup_free char *wanted = NULL;
	char path[512];

	snprintf(path, sizeof(path), SPECS "/%s.changes", name);
	if (mode && strcmp(mode, "write") == 0)
		assert_int_equal(kinc_write_file_atomic(path, found, strlen(found), 0644, NULL), 0);
	struct kinc_error err = {0};
	if (kinc_read_file(AT_FDCWD, path, KINC_SPAN_MAX_SIZE, &wanted, NULL, &err) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(found, wanted);
}

static bool bit(unsigned *seed)
{
	return rand_r(seed) & 1;
}

static struct facts random_facts(unsigned *seed)
{
	struct facts facts = bit(seed) ? node_facts() : container_facts();

	facts.oom_score_adj_min = bit(seed) ? -1000 : rand_r(seed) % 1001;
	facts.capabilities =
		bit(seed) ? UINT64_MAX : (uint64_t)rand_r(seed) << 13 ^ (uint64_t)rand_r(seed);
	facts.controllers = (unsigned)rand_r(seed) & 0x1ff;
	facts.cgroup2 = bit(seed);
	facts.apparmor = bit(seed);
	facts.selinux = bit(seed);
	facts.initial_userns = bit(seed);
	facts.may_raise_limits = facts.initial_userns && bit(seed);
	facts.hard_limit[RLIMIT_NOFILE] = (rlim_t)rand_r(seed) % 70000;
	facts.hard_limit[RLIMIT_CORE] = bit(seed) ? 0 : RLIM_INFINITY;
	facts.seccomp_receiver = bit(seed);
	return facts;
}

static void test_captured(void **state)
{
	DIR *directory = opendir(SPECS);
	struct dirent *entry;
	unsigned count = 0, seed = 1;

	(void)state;
	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		const struct facts facts = container_facts();
		const char *dot = strrchr(entry->d_name, '.');
		cleanup_free char *text = NULL, *found = NULL;
		char name[256], path[512];
		size_t size;

		if (!dot || strcmp(dot, ".json") != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(dot - entry->d_name), entry->d_name);
		snprintf(path, sizeof(path), SPECS "/%s", entry->d_name);
		assert_int_equal(
			kinc_read_file(AT_FDCWD, path, KINC_SPAN_MAX_SIZE, &text, &size, NULL), 0);
		found = differences(name, text, size, &facts, true);
		assert_non_null(found);
		check_golden(name, found);
		for (int i = 0; i < 100; i++) {
			const struct facts any = random_facts(&seed);
			free(differences(name, text, size, &any, true));
		}
		count++;
	}
	closedir(directory);
	assert_true(count >= 14);
}

static const char *blank(unsigned *seed)
{
	static const char *const blanks[] = {"", "", "", " ", "\n\t", "  \r\n"};

	return blanks[(unsigned)rand_r(seed) % 6];
}

static void any_scalar(FILE *out, unsigned *seed)
{
	static const char *const scalars[] = {
		"0",
		"-1",
		"-998",
		"1000",
		"65536",
		"70000000",
		"9223372036854775807",
		"9223372036854775808",
		"-9223372036854775808",
		"-9223372036854775809",
		"18446744073709551615",
		"18446744073709551616",
		"4294967295",
		"4294967296",
		"1e400",
		"-0",
		"0.1",
		"true",
		"false",
		"null",
		"\"\"",
		"\"\\u0000\"",
		"\"a\\u0000b\"",
		"\"\\ud800 \\\" \\\\\"",
		"\"\xc3\xa4\xf0\x9f\x98\x80\"",
		"\"CAP_SYS_ADMIN\"",
		"\"CAP_CHOWN\"",
		"\"CAP_\\u0053YS_TIME\"",
		"\"CAP_NEW\"",
		"\"RLIMIT_NOFILE\"",
		"\"RLIMIT_CORE\"",
		"\"/dev/null\"",
		"\"/dev/fuse\"",
		"\"c\"",
		"\"user\"",
		"\"sandbox\"",
		"\"SCMP_ACT_NOTIFY\"",
		"\"SCMP_ACT_ERRNO\"",
	};

	fputs(scalars[(unsigned)rand_r(seed) % (sizeof(scalars) / sizeof(scalars[0]))], out);
}

/* Names that rules look at, some of them in another spelling or place. */
static const char *const member_names[] = {
	"process",
	"linux",
	"oomScoreAdj",
	"oomScore\\u0041dj",
	"OOMScoreAdj",
	"user",
	"uid",
	"gid",
	"additionalGids",
	"capabilities",
	"bounding",
	"effective",
	"permitted",
	"inheritable",
	"ambient",
	"rlimits",
	"type",
	"hard",
	"soft",
	"resources",
	"memory",
	"limit",
	"pids",
	"cpu",
	"shares",
	"cpus",
	"unified",
	"memory.high",
	"io.max",
	"hugepageLimits",
	"blockIO",
	"devices",
	"path",
	"major",
	"minor",
	"seccomp",
	"defaultAction",
	"apparmorProfile",
	"selinuxLabel",
	"mountLabel",
	"annotations",
	"kinc.dev/helper",
	"namespaces",
	"x",
	"",
	"process\\u0000",
	"\\u0000",
	"\xe2\x82\xac",
};
#define MEMBER_NAMES (sizeof(member_names) / sizeof(member_names[0]))

static void any_value(FILE *out, unsigned *seed, unsigned depth)
{
	unsigned kind = depth ? (unsigned)rand_r(seed) % 4 : 2, count = (unsigned)rand_r(seed) % 6;

	if (kind >= 2) {
		any_scalar(out, seed);
		return;
	}
	fputs(kind ? "{" : "[", out);
	for (unsigned i = 0; i < count; i++) {
		fprintf(out, "%s%s", i ? "," : "", blank(seed));
		if (kind)
			fprintf(out, "\"%s\"%s:%s",
				member_names[(unsigned)rand_r(seed) % MEMBER_NAMES], blank(seed),
				blank(seed));
		any_value(out, seed, depth - 1);
		fputs(blank(seed), out);
	}
	fprintf(out, "%s%s", blank(seed), kind ? "}" : "]");
}

/* A member that has the shape that a rule expects. */
static void likely_member(FILE *out, unsigned *seed, const char *name, const char *form,
			  const char *separator)
{
	fprintf(out, "%s%s\"%s\"%s:%s", separator, blank(seed), name, blank(seed), blank(seed));
	for (; *form; form++)
		if (*form == '?')
			any_scalar(out, seed);
		else if (*form == '*')
			any_value(out, seed, 3);
		else if (*form == ' ')
			fputs(blank(seed), out);
		else
			fputc(*form, out);
}

static void random_spec(FILE *out, unsigned *seed)
{
	static const struct {
		const char *name, *form;
	} process[] =
		{
			{"oomScoreAdj", "?"},
			{"user", "{\"uid\": 5,\"additionalGids\": [ ? , ?,? ]}"},
			{"capabilities",
			 "{ \"bounding\":[?, ? ,?,\"CAP_KILL\"],\"ambient\":[ ?], \"x\":[?]}"},
			{"rlimits", "[{\"type\":\"RLIMIT_NOFILE\",\"hard\": ?,\"soft\" :?}, "
				    "{\"type\":?,\"hard\":?}]"},
			{"apparmorProfile", "?"},
			{"selinuxLabel", "?"},
			{"args", "*"},
		},
	  linux_members[] = {
		  {"resources",
		   "{\"memory\":{\"limit\":?} ,\"cpu\": {\"shares\":?,\"cpus\":?, \"quota\":? },"
		   "\"unified\":{\"memory.high\": ?,\"io.max\":?,\"cgroup.x\":?} }"},
		  {"devices",
		   "[ {\"path\":?,\"type\":?,\"major\":1,\"minor\":3},{\"path\":\"/dev/no\"} ,*]"},
		  {"mountLabel", "?"},
		  {"seccomp", "{\"defaultAction\":?,\"syscalls\":[{\"action\":?}]}"},
		  {"namespaces", "[{\"type\":?} , *]"},
		  {"y", "*"},
	  };
	const char *separator = "";

	fprintf(out, "%s{%s\"process\": {", blank(seed), blank(seed));
	for (size_t i = 0; i < sizeof(process) / sizeof(process[0]); i++) {
		if (bit(seed))
			continue;
		likely_member(out, seed, process[i].name, process[i].form, separator);
		separator = ",";
	}
	fprintf(out, "%s}%s, \"linux\" :%s{", blank(seed), blank(seed), blank(seed));
	separator = "";
	for (size_t i = 0; i < sizeof(linux_members) / sizeof(linux_members[0]); i++) {
		if (bit(seed))
			continue;
		likely_member(out, seed, linux_members[i].name, linux_members[i].form, separator);
		separator = " ,";
	}
	fputs("},\"annotations\":", out);
	any_value(out, seed, 2);
	fputs(",\"other\":", out);
	any_value(out, seed, 6);
	fprintf(out, "}%s", blank(seed));
}

static void test_random(void **state)
{
	unsigned seed = 4, edited = 0, refused = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		const struct facts facts = random_facts(&seed);
		cleanup_free char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		random_spec(out, &seed);
		fclose(out);
		cleanup_free char *found = differences("random", text, size, &facts, true);
		edited += found && *found;
		refused += !found;
	}
	/* The generator would prove nothing if it met only one kind. */
	assert_true(edited > 10000);
	assert_true(refused > 100 && refused < 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captured),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
