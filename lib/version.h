/* SPDX-License-Identifier: MIT */
#ifndef KINC_VERSION_H
#define KINC_VERSION_H

#define KINC_VERSION "0.1.0"

/* Version of the control socket's messages, see docs/protocol.md. */
#define KINC_PROTOCOL 1

#endif
