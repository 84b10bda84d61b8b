/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_QUADLET_H
#define KINC_HOST_QUADLET_H

#include "error.h"

/*
 * A cluster whose container is a unit of the user's systemd (quadlet_file.h) is
 * started and stopped by systemd: these ask it to. EREMOTEIO with what
 * systemctl said.
 */
int quadlet_start(const char *name, struct kinc_error *err); /* does not wait */
int quadlet_stop(const char *name, struct kinc_error *err);

/* ECONNRESET when systemd has given the unit up; its container may not be there yet. */
int quadlet_runs(const char *name, struct kinc_error *err);

/* Stops it and removes its file; one that is not there is success. */
int quadlet_remove(const char *name, struct kinc_error *err);

#endif
