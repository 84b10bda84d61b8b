/* SPDX-License-Identifier: MIT */
/*
 * bench_become PROGRAM ARGUMENT...: becomes PROGRAM and does nothing else: the
 * least that any wrapper costs.
 */
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc > 1)
		execv(argv[1], argv + 1);
	return 111;
}
