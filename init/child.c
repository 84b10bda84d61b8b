/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

static struct child **bucket(struct children *children, pid_t pid)
{
	return &children->buckets[(unsigned)pid % CHILD_BUCKETS];
}

void child_add(struct children *children, struct child *child)
{
	struct child **first = bucket(children, child->pid);

	assert(child->pid > 0 && child->exited);
	child->next = *first;
	*first = child;
	children->count++;
}

void child_remove(struct children *children, struct child *child)
{
	if (child->pid == 0)
		return;
	for (struct child **at = bucket(children, child->pid); *at; at = &(*at)->next) {
		if (*at != child)
			continue;
		*at = child->next;
		children->count--;
		break;
	}
	if (child->pidfd >= 0)
		close(child->pidfd);
	child->pidfd = -EBADF;
	child->pid = 0;
	child->next = NULL;
}

bool child_is_known(const struct children *children, pid_t pid)
{
	const struct child *child = children->buckets[(unsigned)pid % CHILD_BUCKETS];

	while (child && child->pid != pid)
		child = child->next;
	return child != NULL;
}

int child_signal(const struct child *child, int number)
{
	int result;

	if (child->pid == 0)
		return -ESRCH;
	if (child->pidfd >= 0)
		result = pidfd_send_signal(child->pidfd, number, NULL, 0);
	else
		result = kill(child->pid, number);
	return result < 0 ? -errno : 0;
}

void children_reap(struct children *children)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid <= 0)
			return;
		struct child *child = *bucket(children, pid);
		while (child && child->pid != pid)
			child = child->next;
		if (!child)
			continue;
		child_remove(children, child);
		child->exited(child, status);
	}
}

bool children_none(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}
