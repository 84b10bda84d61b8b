/* SPDX-License-Identifier: MIT */
/*
 * What the bench lets an init start: notes when it began, says that it is
 * ready in the way the init knows, and ends on SIGTERM.
 *   bench_service SLOT none|notify|FD   a service
 *   bench_service SLOT once             a oneshot
 *   bench_service pid1 PROGRAM ARG...   notes the time and becomes the init
 * Without arguments, as the file "run" of s6 and runit, the directory's name is
 * the slot, and a file notification-fd says the descriptor.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "slots.h"

static struct slots *slots_map(void)
{
	int fd = open(SLOTS_FILE, O_RDWR | O_CLOEXEC);
	void *memory = mmap(NULL, sizeof(struct slots), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd < 0 || memory == MAP_FAILED) {
		perror(SLOTS_FILE);
		exit(111);
	}
	close(fd);
	return memory;
}

static unsigned slot_of_directory(const char **how)
{
	static char path[4096], descriptor[16];
	int fd = open("notification-fd", O_RDONLY | O_CLOEXEC);

	if (!getcwd(path, sizeof(path)))
		exit(111);
	*how = fd >= 0 && read(fd, descriptor, sizeof(descriptor) - 1) > 0 ? descriptor : "none";
	close(fd);
	return (unsigned)atoi(strrchr(path, '/') + 1);
}

static void say_ready(const char *how)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");

	if (strcmp(how, "none") == 0)
		return;
	if (strcmp(how, "notify") != 0) {
		if (write(atoi(how), "\n", 1) != 1)
			exit(111);
		close(atoi(how));
		return;
	}
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (!path || fd < 0)
		exit(111);
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&address, sizeof(address)) != 7)
		exit(111);
	close(fd);
}

int main(int argc, char **argv)
{
	uint64_t began = now_ns();
	sigset_t terminate;
	int number;

	struct slots *slots = slots_map();
	if (argc > 2 && strcmp(argv[1], "pid1") == 0) {
		slots->exec_ns = now_ns();
		execv(argv[2], argv + 2);
		perror(argv[2]);
		return 111;
	}
	const char *how = argc > 2 ? argv[2] : "none";
	unsigned index = argc > 2 ? (unsigned)atoi(argv[1]) : slot_of_directory(&how);
	if (index >= SLOTS)
		return 100;
	struct slot *slot = &slots->slot[index];
	sigemptyset(&terminate);
	sigaddset(&terminate, SIGTERM);
	sigprocmask(SIG_BLOCK, &terminate, NULL);
	slot->pid = getpid();
	slot->began_ns = began;
	slot->starts++;
	if (strcmp(how, "once") == 0)
		return 0;
	say_ready(how);
	slot->readies++;
	sigwait(&terminate, &number);
	slot->ended_ns = now_ns();
	return 0;
}
