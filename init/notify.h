/* SPDX-License-Identifier: MIT */
#ifndef INIT_NOTIFY_H
#define INIT_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One sd_notify datagram, taken apart; what was not in it is false or 0. */
struct notify_message {
	bool ready, reloading, stopping, watchdog, watchdog_trigger, barrier;
	bool has_status;
	/* Cut to fit, at a character's end; a warning of our own kind (X_KINC_WARNING=). */
	char status[256], warning[256];
	pid_t main_pid;
	uint64_t extend_us, watchdog_us;
	int error; /* ERRNO= */
};

/* Unknown keys and values that make no sense are passed over. */
void notify_parse(const char *data, size_t size, struct notify_message *ret_message);

#endif
