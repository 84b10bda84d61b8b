/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: one epoll instance and one timerfd. Timers hang in a
 * heap (timer.c). The timerfd is set once per turn, and only when the first
 * timer changed: with nothing pending there is no wake-up at all.
 *
 * A callback may remove other sources whose events are in the same batch; so
 * loop_remove also strikes them from the batch.
 *
 * #syscalls epoll_create epoll_ctl epoll_wait timerfd_create timerfd_settime
 */
#include "loop.h"

#include <assert.h>
#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

uint64_t loop_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static void clock_ready(struct source *source, uint32_t events)
{
	struct loop *loop = container_of(source, struct loop, clock);
	uint64_t ticks;

	(void)events;
	if (read(source->fd, &ticks, sizeof(ticks)) == sizeof(ticks))
		loop->clock_set_us = 0;
	uint64_t now = loop_now_us();
	while (loop->first && loop->first->due_us <= now) {
		struct timer *timer = loop->first;
		timer_clear(loop, timer);
		timer->fired(timer);
	}
}

int loop_open(struct loop *loop, struct kinc_error *err)
{
	*loop = (struct loop){.clock = {.fd = -EBADF, .ready = clock_ready}};
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		return kinc_error_errno(err, errno, "cannot make an epoll instance");
	loop->clock.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->clock.fd < 0)
		return kinc_error_errno(err, errno, "cannot make a timerfd");
	return loop_add(loop, &loop->clock, EPOLLIN, err);
}

void loop_close(struct loop *loop)
{
	loop_remove(loop, &loop->clock);
	close(loop->epoll);
	loop->epoll = -EBADF;
}

int loop_add(struct loop *loop, struct source *source, uint32_t events, struct kinc_error *err)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	assert(source->ready && source->fd >= 0);
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) < 0)
		return kinc_error_errno(err, errno, "cannot watch a descriptor");
	return 0;
}

int loop_modify(struct loop *loop, struct source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, source->fd, &event) < 0 ? -errno : 0;
}

void loop_forget(struct loop *loop, struct source *source)
{
	if (source->fd < 0)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
	source->fd = -EBADF;
	for (int i = 0; i < loop->batch_count; i++)
		if (loop->batch[i].data.ptr == source)
			loop->batch[i].data.ptr = NULL;
}

void loop_remove(struct loop *loop, struct source *source)
{
	int fd = source->fd;

	/* Closing is not enough: a forked child may still hold the same open file. */
	loop_forget(loop, source);
	if (fd >= 0)
		close(fd);
}

static void clock_set(struct loop *loop)
{
	uint64_t due = loop->first ? loop->first->due_us : 0;
	struct itimerspec setting = {.it_value = {.tv_sec = (time_t)(due / 1000000U),
						  .tv_nsec = (long)(due % 1000000U) * 1000}};

	if (due == loop->clock_set_us)
		return;
	if (timerfd_settime(loop->clock.fd, TFD_TIMER_ABSTIME, &setting, NULL) == 0)
		loop->clock_set_us = due;
}

void loop_turn(struct loop *loop)
{
	clock_set(loop);
	int count = epoll_wait(loop->epoll, loop->batch,
			       sizeof(loop->batch) / sizeof(loop->batch[0]), -1);
	loop->batch_count = count > 0 ? count : 0;
	for (int i = 0; i < loop->batch_count; i++) {
		struct source *source = loop->batch[i].data.ptr;
		if (!source)
			continue;
		source->ready(source, loop->batch[i].events);
		if (loop->after)
			loop->after(loop);
	}
	loop->batch_count = 0;
}
