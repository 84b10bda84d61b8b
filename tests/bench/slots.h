/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SLOTS_H
#define BENCH_SLOTS_H

/*
 * What the services of the bench leave for who watches, in a file that all map:
 * no messages, so that nothing but the init is measured. Times are of
 * CLOCK_MONOTONIC, which namespaces share.
 */
#include <stdint.h>
#include <time.h>

#define SLOTS_FILE "/bench/slots"
#define SLOTS 512

struct slot {
	uint64_t began_ns; /* the first instruction of the last start */
	uint64_t ended_ns; /* SIGTERM came */
	int32_t pid;	   /* in the services' namespace */
	_Atomic uint32_t starts, readies;
};

struct slots {
	uint64_t exec_ns; /* when the program for PID 1 was executed */
	struct slot slot[SLOTS];
};

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

#endif
