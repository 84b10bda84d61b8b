/* SPDX-License-Identifier: MIT */
#ifndef NETD_NOTICE_H
#define NETD_NOTICE_H

#include <stdbool.h>

/*
 * What kinc-init is told by sd_notify: that it is ready, once; how it is doing;
 * and warnings, which stay in the status of the node.
 */
struct notice {
	int fd; /* -EBADF: nobody listens */
	bool ready;
	char status[240];
};

void notice_open(struct notice *notice);
/* Each of these is sent when it is news. */
void notice_status(struct notice *notice, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void notice_ready(struct notice *notice);
void notice_warning(struct notice *notice, const char *text);
void notice_close(struct notice *notice);

#endif
