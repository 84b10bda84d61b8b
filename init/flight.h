/* SPDX-License-Identifier: MIT */
#ifndef INIT_FLIGHT_H
#define INIT_FLIGHT_H

#include "error.h"

struct job;
struct manager;

/*
 * PID 1's side of the flight record (lib/flight_record.h). It begins in memory; a
 * child prepares the file, whose blocks are allocated before it is mapped.
 * Children of PID 1 must not write to it: spawn() lets them forget it.
 */
int flight_begin(struct kinc_error *err);
void flight_attach(struct manager *manager);

void flight_unit(const struct job *job);
void flight_event(const char *who, const char *text);
void flight_state(const char *state);
/* An orderly end with that status. */
void flight_end(int status);

void flight_forget(void);

/* flight_crash.c: SIGSEGV and its like are written down, then the end is KINC_EXIT_CRASH. */
struct kinc_flight;
void crash_catch(struct kinc_flight *volatile *flight);
void crash_build_id(char *text, unsigned long size);

#endif
