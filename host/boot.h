/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_BOOT_H
#define KINC_HOST_BOOT_H

#include "error.h"

/*
 * Watches the cluster boot, telling stderr, until it is ready. After a failure
 * err names the unit, or what the boot still waits for, and the last lines of
 * its log have been shown. ETIMEDOUT after timeout_s, EREMOTEIO when a unit
 * failed for good, ECONNRESET when the node stopped, ECANCELED on a signal.
 */
int boot_wait(const char *name, long timeout_s, struct kinc_error *err);

/*
 * From now on SIGINT, SIGTERM and SIGHUP end what is waited for with
 * ECANCELED, so that the caller can clean up.
 */
void boot_catch_signals(void);

#endif
