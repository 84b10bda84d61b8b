/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_BOOT_H
#define KINC_HOST_BOOT_H

#include <stdbool.h>

#include "error.h"

struct boot_options {
	long timeout_s;
	bool json;     /* events on stdout instead of what people read on stderr */
	bool api_only; /* the API server is enough */
};

/*
 * Watches the cluster boot and shows it until it is ready. After a failure err
 * names the unit, or what the boot still waits for, with the mend where one is
 * known, and the last lines of the unit's log have been shown. ETIMEDOUT after
 * timeout_s, EREMOTEIO when a unit failed for good, ECONNRESET when the node
 * stopped, ECANCELED on a signal.
 */
int boot_wait(const char *name, const struct boot_options *options, struct kinc_error *err);

/*
 * From now on SIGINT, SIGTERM and SIGHUP end what is waited for with
 * ECANCELED, so that the caller can clean up; boot_ignore_signals lets that
 * come to its end.
 */
void boot_catch_signals(void);
void boot_ignore_signals(void);

/* Whether one of them came. */
bool boot_interrupted(void);

#endif
