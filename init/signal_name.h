/* SPDX-License-Identifier: MIT */
#ifndef INIT_SIGNAL_NAME_H
#define INIT_SIGNAL_NAME_H

/* The number of "SIGTERM", "TERM" or "RTMIN+3"; 0 when there is none of that name. */
int signal_by_name(const char *text);

#endif
