/* SPDX-License-Identifier: MIT */
/*
 * Stands in the place of a node's shell, which has been renamed to NAME.real:
 * notes that it was called, and by what, then becomes the shell.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char path[512], line[4096];
	size_t used = 0;
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof(".real"));

	if (length < 0)
		return 126;
	memcpy(path + length, ".real", sizeof(".real"));
	for (int i = 0; i < argc && used + 2 < sizeof(line); i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used - 1, "%s ", argv[i]);
	if (used > sizeof(line) - 2)
		used = sizeof(line) - 2;
	line[used++] = '\n';
	int fd = open("/run/shells", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, line, used) != (ssize_t)used)
		return 126;
	execv(path, argv);
	return 126;
}
