/* SPDX-License-Identifier: MIT */
/*
 * Watches the services of the bench from outside of their namespaces.
 *   bench_watch FILE start COUNT LAST    until COUNT run and LAST (-1: none) began:
 *                                        microseconds from PID 1's exec to the end of that
 *   bench_watch FILE kill PID1 FIRST COUNT AGAIN
 *                                        SIGKILL to each of them, AGAIN times each:
 *                                        microseconds until it began again, one a line
 *   bench_watch FILE stop PID1 SIGNAL COUNT
 *                                        SIGNAL to PID 1: microseconds until the last
 *                                        service had its SIGTERM, until PID 1 ended, and
 *                                        how many services got one
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slots.h"

#define PATIENCE_NS (30ULL * 1000000000U)

static struct slots *slots;

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(111);
}

/* The times are the services' own, so that looking seldom costs no precision. */
static void look_later(uint64_t since_ns, const char *what)
{
	const struct timespec pause = {.tv_nsec = 2000000};

	if (now_ns() - since_ns > PATIENCE_NS) {
		fprintf(stderr, "gave up waiting for %s\n", what);
		exit(1);
	}
	nanosleep(&pause, NULL);
}

static unsigned long long us(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? (to_ns - from_ns) / 1000U : 0;
}

static void start(int count, int last)
{
	uint64_t since = now_ns(), end = 0;

	for (int i = 0; i < count; i++)
		while (slots->slot[i].readies == 0)
			look_later(since, "the start");
	while (last >= 0 && slots->slot[last].starts == 0)
		look_later(since, "the last one");
	for (int i = 0; i < count; i++)
		if (slots->slot[i].began_ns > end)
			end = slots->slot[i].began_ns;
	if (last >= 0)
		end = slots->slot[last].began_ns;
	printf("%llu\n", us(slots->exec_ns, end));
}

static void kill_each(int first, int count, int again)
{
	for (int round = 0; round < again; round++) {
		for (int i = first; i < first + count; i++) {
			struct slot *slot = &slots->slot[i];
			uint32_t before = slot->readies;
			uint64_t since = now_ns();
			if (kill(slot->pid, SIGKILL) < 0)
				die("kill");
			while (slot->readies == before)
				look_later(since, "a restart");
			printf("%llu\n", us(since, slot->began_ns));
		}
	}
}

/* The pids are those of the services' namespace, which only a child enters. */
static void kill_inside(const char *pid1, int first, int count, int again)
{
	char path[64];
	int status;

	snprintf(path, sizeof(path), "/proc/%s/ns/pid", pid1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWPID) < 0)
		die(path);
	pid_t pid = fork();
	if (pid == 0) {
		kill_each(first, count, again);
		exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		exit(1);
}

static void stop(pid_t pid, int number, int count)
{
	int pidfd = pidfd_open(pid, 0), ended = 0;
	uint64_t since = now_ns(), last = since;
	struct pollfd end = {.fd = pidfd, .events = POLLIN};

	if (pidfd < 0 || pidfd_send_signal(pidfd, number, NULL, 0) < 0)
		die("PID 1");
	if (poll(&end, 1, (int)(PATIENCE_NS / 1000000U)) != 1) {
		fputs("gave up waiting for the end of PID 1\n", stderr);
		exit(1);
	}
	uint64_t gone = now_ns();
	for (int i = 0; i < count; i++) {
		ended += slots->slot[i].ended_ns > since;
		if (slots->slot[i].ended_ns > last)
			last = slots->slot[i].ended_ns;
	}
	printf("%llu %llu %d\n", us(since, last), us(since, gone), ended);
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 100;
	int fd = open(argv[1], O_RDWR | O_CLOEXEC);
	slots = mmap(NULL, sizeof(*slots), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || slots == MAP_FAILED)
		die(argv[1]);
	if (strcmp(argv[2], "start") == 0)
		start(atoi(argv[3]), atoi(argv[4]));
	else if (strcmp(argv[2], "kill") == 0 && argc == 7)
		kill_inside(argv[3], atoi(argv[4]), atoi(argv[5]), atoi(argv[6]));
	else if (strcmp(argv[2], "stop") == 0 && argc == 6)
		stop(atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
	else
		return 100;
	return 0;
}
