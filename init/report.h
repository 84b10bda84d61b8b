/* SPDX-License-Identifier: MIT */
#ifndef INIT_REPORT_H
#define INIT_REPORT_H

/*
 * How a child that has not (yet) become another program tells PID 1 more than
 * an exit status: packets over a SOCK_SEQPACKET socket, the first byte says
 * what it is, the rest is text. It ends with the child or its execve.
 */
enum report_kind {
	REPORT_ERROR = 'e',    /* a sentence: why it will fail */
	REPORT_WARNING = 'w',  /* a sentence for the user, with the mend */
	REPORT_VARIABLE = 'v', /* NAME=VALUE for templates */
	REPORT_NOTE = 'n',     /* a sentence for status */
	REPORT_UNCHANGED = 'u', /* the same: and it need not run */
};
#define REPORT_MAX 1200

void report_send(int report, enum report_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
