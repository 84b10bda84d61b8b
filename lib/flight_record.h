/* SPDX-License-Identifier: MIT */
#ifndef KINC_FLIGHT_RECORD_H
#define KINC_FLIGHT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * The flight record: a file of fixed size that PID 1 keeps mapped, so that its
 * last words are there whatever ends it. Numbers are of the machine's own byte
 * order, texts end with NUL. begin and end of a record are equal unless the
 * writer was stopped in the middle of it; both 0: never written.
 */
#define KINC_FLIGHT_FILE "/var/lib/kinc/flight"
#define KINC_FLIGHT_LAST "/var/lib/kinc/flight.1" /* of the start before */
#define KINC_FLIGHT_RUN "/run/kinc/flight"	  /* where the disk has no room */
#define KINC_FLIGHT_MAGIC "KINCFLT"
#define KINC_FLIGHT_RUNNING (-1) /* exit_status while there is none */
enum {
	KINC_FLIGHT_VERSION = 1,
	KINC_FLIGHT_UNITS = 256,
	KINC_FLIGHT_EVENTS = 200,
	KINC_FLIGHT_FRAMES = 24,
};

struct kinc_flight_unit {
	uint32_t begin, end;
	int32_t pid;
	uint32_t restarts;
	uint64_t changed_ms; /* since the start */
	char state[12];
	char name[68];
};

struct kinc_flight_event {
	uint32_t begin, end; /* its number, from 1 */
	uint64_t time_ms;    /* since the start */
	char who[28];
	char text[148];
};

struct kinc_flight_crash {
	uint32_t begin, end;
	int32_t signal, code; /* si_signo, si_code */
	uint64_t address;     /* si_addr */
	uint64_t time_ms;     /* since the epoch */
	uint64_t at;	      /* offset of the instruction in the program; 0: outside of it */
	uint32_t frame_count, unused;
	uint64_t frames[KINC_FLIGHT_FRAMES]; /* offsets of return addresses */
};

struct kinc_flight {
	char magic[8];
	uint32_t version, size;
	uint64_t started_ms; /* since the epoch */
	int32_t pid, exit_status;
	uint32_t unit_total, event_total;
	char boot_id[40], build_id[44]; /* of the kernel; of the program */
	char program[16];		/* its version */
	char state[16];
	struct kinc_flight_crash crash;
	struct kinc_flight_unit units[KINC_FLIGHT_UNITS];
	struct kinc_flight_event events[KINC_FLIGHT_EVENTS];
};

/*
 * Makes what was read from a file safe to show: size, version and ends of texts.
 * EINVAL for what is no flight record.
 */
int kinc_flight_check(struct kinc_flight *flight, size_t size, struct kinc_error *err);

/* The events in order, oldest first: NULL after the last. Starts with *position 0. */
const struct kinc_flight_event *kinc_flight_next(const struct kinc_flight *flight,
						 uint32_t *position);

#endif
