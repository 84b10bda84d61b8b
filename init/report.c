/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

void report_send(int report, enum report_kind kind, const char *format, ...)
{
	char packet[REPORT_MAX];
	va_list args;

	if (report < 0)
		return;
	packet[0] = (char)kind;
	va_start(args, format);
	int size = vsnprintf(packet + 1, sizeof(packet) - 1, format, args);
	va_end(args);
	if (size < 0)
		return;
	size_t length = (size_t)size < sizeof(packet) - 1 ? (size_t)size : sizeof(packet) - 2;
	send(report, packet, length + 1, MSG_NOSIGNAL);
}
