/* SPDX-License-Identifier: MIT */
/* Random specs on random nodes: an unedited path is byte-identical. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/wrapper_compare.h"
#include "tests/unit/wrapper_node.h"

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
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
