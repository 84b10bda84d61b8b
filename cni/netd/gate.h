/* SPDX-License-Identifier: MIT */
#ifndef NETD_GATE_H
#define NETD_GATE_H

#include "error.h"
#include "policies.h"

/*
 * The gate: a unix stream socket where kincnet's ADD says which pod is about to
 * get which addresses, and is answered when that pod's isolation stands in the
 * kernel. `kincnetd --explain` asks there too.
 */
struct gate;

#define GATE_PATH "/run/kinc/netd/gate"

/* Listens at path (mode 0600; its directory is made). policies must outlive it. */
int gate_open(const char *path, struct policies *policies, struct gate **ret_gate,
	      struct kinc_error *err);
void gate_close(struct gate *gate);

/* One descriptor for the event loop (an epoll instance): when readable, gate_dispatch. */
int gate_fd(const struct gate *gate);
/* Commits by itself for who waits. Failures of single askers are told to these only. */
int gate_dispatch(struct gate *gate, struct kinc_error *err);
/* After each policies_commit: answers those whose pod is known by now. */
void gate_settle(struct gate *gate);

#endif
