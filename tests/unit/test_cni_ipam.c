/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cni/ipam.h"

static char directory[64];
static struct conf conf;
static struct ipam ipam;

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static void open_with(const char *ranges)
{
	char text[512];
	struct kinc_error err;

	snprintf(text, sizeof(text),
		 "{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"ipam\":{\"dataDir\":\"%s/a/b\","
		 "\"ranges\":%s}}",
		 directory, ranges);
	if (conf_parse(text, &conf, &err) < 0 || ipam_open(&ipam, &conf, &err) < 0)
		fail_msg("%s", err.message);
}

static int setup(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/kinc-ipam.XXXXXX");
	ipam = IPAM_NONE;
	return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	ipam_close(&ipam);
	conf_release(&conf);
	return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The address that container gets, or the error's number as text. */
static const char *reserve(const char *container)
{
	static char text[IP_TEXT_MAX];
	struct ipam_owner owner = {container, "eth0"};
	struct lease leases[CONF_SETS_MAX];
	int result = ipam_reserve(&ipam, &conf, &owner, leases, NULL);

	if (result < 0)
		snprintf(text, sizeof(text), "%d", -result);
	else
		ip_format(&leases[0].address, text);
	return text;
}

static void release(const char *container)
{
	struct ipam_owner owner = {container, "eth0"};

	assert_int_equal(ipam_release(&ipam, &owner, NULL), 0);
}

/* Leases in 10.1.2.0/24. */
static int count_leases(void)
{
	int leases = 0;

	for (int i = 0; i < 256; i++) {
		char name[16];
		struct stat status;
		snprintf(name, sizeof(name), "10.1.2.%d", i);
		leases += fstatat(ipam.addresses, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
	}
	return leases;
}

static void round_robin(void **state)
{
	(void)state;
	open_with("[[{\"subnet\":\"10.1.2.0/29\"}]]"); /* .1 is the gateway; .2 to .6 */
	assert_string_equal(reserve("a"), "10.1.2.2");
	assert_string_equal(reserve("b"), "10.1.2.3");
	release("a");
	/* Not .2: what was just given back rests as long as possible. */
	assert_string_equal(reserve("c"), "10.1.2.4");
	assert_string_equal(reserve("d"), "10.1.2.5");
	assert_string_equal(reserve("e"), "10.1.2.6");
	assert_string_equal(reserve("f"), "10.1.2.2");
	char full[8];
	snprintf(full, sizeof(full), "%d", ENOSPC);
	assert_string_equal(reserve("g"), full);
	assert_int_equal(ipam_room(&ipam, &conf, NULL), -ENOSPC);
	release("d");
	assert_int_equal(ipam_room(&ipam, &conf, NULL), 0);
	assert_string_equal(reserve("g"), "10.1.2.5");
}

static void twice_is_refused(void **state)
{
	char exists[8];

	(void)state;
	open_with("[[{\"subnet\":\"10.1.2.0/24\"}]]");
	snprintf(exists, sizeof(exists), "%d", EEXIST);
	assert_string_equal(reserve("a"), "10.1.2.2");
	assert_string_equal(reserve("a"), exists);
	/* The first one is still there, and alone. */
	assert_int_equal(count_leases(), 1);
	release("a");
	release("a");
	assert_int_equal(count_leases(), 0);
}

static void several_ranges_and_sets(void **state)
{
	struct ipam_owner owner = {"x", "eth0"};
	struct lease leases[CONF_SETS_MAX];
	char text[IP_TEXT_MAX];

	(void)state;
	open_with("[[{\"subnet\":\"10.1.2.0/30\"},{\"subnet\":\"10.1.3.0/30\"}],"
		  "[{\"subnet\":\"fd00::/126\",\"rangeEnd\":\"fd00::2\"}]]");
	assert_string_equal(reserve("a"), "10.1.2.2");
	/* One IPv6 address is left beside the gateway: taken. IPv4 must not leak. */
	assert_int_equal(ipam_reserve(&ipam, &conf, &owner, leases, NULL), -ENOSPC);
	assert_int_equal(count_leases(), 1);
	release("a");
	assert_int_equal(ipam_reserve(&ipam, &conf, &owner, leases, NULL), 0);
	assert_string_equal(ip_format(&leases[1].address, text), "fd00::2");
	assert_string_equal(ip_format(&leases[1].range->gateway, text), "fd00::1");
	assert_int_equal(ipam_check(&ipam, &owner, &leases[1].address, NULL), 0);
	owner.container = "y";
	assert_int_equal(ipam_check(&ipam, &owner, &leases[1].address, NULL), -ENOENT);
}

static void hint_may_say_anything(void **state)
{
	static const char *const hints[] = {
		"",	      "rubbish", "10.9.9.9\n",
		"10.1.2.254", "::1",	 "0000000000000000000000000000000000000000000000000000"};
	char path[128];

	(void)state;
	open_with("[[{\"subnet\":\"10.1.2.0/24\"}]]");
	snprintf(path, sizeof(path), "%s/a/b/net/last.0", directory);
	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++) {
		FILE *file = fopen(path, "w");
		fputs(hints[i], file);
		fclose(file);
		assert_string_equal(reserve("a"), "10.1.2.2");
		release("a");
	}
}

static void failed_claim_keeps_the_others(void **state)
{
	char path[128];

	(void)state;
	open_with("[[{\"subnet\":\"10.1.2.0/24\"}]]");
	assert_string_equal(reserve("a"), "10.1.2.2");
	/* As a crash between the two links leaves it, when another was faster. */
	snprintf(path, sizeof(path), "%s/a/b/net/attachments/b,eth0,0", directory);
	assert_int_equal(symlink("10.1.2.2", path), 0);
	release("b");
	assert_int_equal(count_leases(), 1);
	struct stat status;
	assert_int_equal(lstat(path, &status), -1);
}

static int note(const struct ipam_owner *owner, void *context)
{
	assert_string_equal(owner->ifname, "eth0");
	((bool *)context)[owner->container[0] - 'a'] = true;
	return 0;
}

static void each(void **state)
{
	bool seen[3] = {false};

	(void)state;
	open_with("[[{\"subnet\":\"10.1.2.0/24\"}]]");
	reserve("a");
	reserve("c");
	assert_int_equal(ipam_each(&ipam, note, seen, NULL), 0);
	assert_true(seen[0] && !seen[1] && seen[2]);
}

/* Processes that reserve at once, without a lock, get different addresses. */
static void concurrent(void **state)
{
	enum { PROCESSES = 8, EACH = 30 };
	pid_t children[PROCESSES];

	(void)state;
	open_with("[[{\"subnet\":\"10.1.2.0/24\"}]]");
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] > 0)
			continue;
		for (int j = 0; j < EACH; j++) {
			struct lease leases[CONF_SETS_MAX];
			char container[16];
			struct ipam_owner owner = {container, "eth0"};
			snprintf(container, sizeof(container), "c%d-%d", i, j);
			if (ipam_reserve(&ipam, &conf, &owner, leases, NULL) < 0)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count_leases(), PROCESSES * EACH);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(round_robin),
		TEST(twice_is_refused),
		TEST(several_ranges_and_sets),
		TEST(hint_may_say_anything),
		TEST(failed_claim_keeps_the_others),
		TEST(each),
		TEST(concurrent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
