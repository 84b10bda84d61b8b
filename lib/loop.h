/* SPDX-License-Identifier: MIT */
#ifndef KINC_LOOP_H
#define KINC_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "error.h"

#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

/*
 * A descriptor that the loop watches. It lives inside the struct that it
 * serves (container_of finds the way back), so that watching needs no memory.
 * fd is -EBADF while it is not in use.
 */
struct source {
	int fd;
	void (*ready)(struct source *source, uint32_t events);
};

/* A one-shot timer on CLOCK_MONOTONIC, which no clock jump moves. Zeroed = not armed. */
struct timer {
	struct timer *child, *next, *previous; /* timer.c */
	uint64_t due_us;
	bool armed;
	void (*fired)(struct timer *timer);
};

struct loop {
	int epoll;
	struct source clock;
	uint64_t clock_set_us; /* what the timerfd is set to; 0: off */
	struct timer *first; /* due next */
	struct epoll_event batch[32];
	int batch_count;
	void (*after)(struct loop *loop); /* each callback; NULL: nothing */
};

int loop_open(struct loop *loop, struct kinc_error *err);
void loop_close(struct loop *loop);

/* Microseconds of CLOCK_MONOTONIC. */
uint64_t loop_now_us(void);

/*
 * Watches source->fd, which must be set, for these EPOLL bits (level
 * triggered); loop_modify changes them. loop_remove stops watching and closes
 * the descriptor; it may be called from any callback and for a source that is
 * not in use. loop_forget does not close it: for what a library owns.
 */
int loop_add(struct loop *loop, struct source *source, uint32_t events, struct kinc_error *err);
int loop_modify(struct loop *loop, struct source *source, uint32_t events);
void loop_remove(struct loop *loop, struct source *source);
void loop_forget(struct loop *loop, struct source *source);

/* (Re-)arms the timer to fire once, in delay_ms. Cannot fail. */
void timer_set(struct loop *loop, struct timer *timer, uint64_t delay_ms);
void timer_clear(struct loop *loop, struct timer *timer);

/* Waits for what is next and calls its callbacks: one turn. */
void loop_turn(struct loop *loop);

#endif
