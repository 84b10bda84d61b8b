/* SPDX-License-Identifier: MIT */
/*
 * The first process of every pod: holds the pod's namespaces, reaps orphans
 * where the pod shares its pid namespace, ends on SIGTERM or SIGINT. All of
 * it is one sigwaitinfo loop, so no signal can come between two checks.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

int main(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return 111;
	for (;;) {
		int number = sigwaitinfo(&set, NULL);
		if (number == SIGTERM || number == SIGINT)
			return 0;
		while (number == SIGCHLD && waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}
