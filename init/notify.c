/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <limits.h>
#include <string.h>

/* Decimal digits only, up to max; 0 when it is anything else. */
static uint64_t number(const char *text, size_t size, uint64_t max)
{
	uint64_t value = 0;

	if (size == 0 || size > 20)
		return 0;
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		uint64_t digit = (uint64_t)(text[i] - '0');
		if (value > (max - digit) / 10)
			return 0;
		value = value * 10 + digit;
	}
	return value;
}

static bool is(const char *text, size_t size, const char *wanted)
{
	return size == strlen(wanted) && memcmp(text, wanted, size) == 0;
}

static void set_text(char *target, size_t room, const char *text, size_t size)
{
	if (size >= room) {
		size = room - 1;
		while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
			size--;
	}
	memcpy(target, text, size);
	target[size] = '\0';
}

static void take(struct notify_message *message, const char *line, size_t size)
{
	const char *equals = memchr(line, '=', size);

	if (!equals)
		return;
	size_t key = (size_t)(equals - line);
	const char *value = equals + 1;
	size_t length = size - key - 1;
	bool one = is(value, length, "1");

	message->has_status |= is(line, key, "STATUS");

	if (is(line, key, "READY"))
		message->ready = one;
	else if (is(line, key, "RELOADING"))
		message->reloading = one;
	else if (is(line, key, "STOPPING"))
		message->stopping = one;
	else if (is(line, key, "BARRIER"))
		message->barrier = one;
	else if (is(line, key, "STATUS"))
		set_text(message->status, sizeof(message->status), value, length);
	else if (is(line, key, "X_KINC_WARNING"))
		set_text(message->warning, sizeof(message->warning), value, length);
	else if (is(line, key, "MAINPID"))
		message->main_pid = (pid_t)number(value, length, INT_MAX);
	else if (is(line, key, "EXTEND_TIMEOUT_USEC"))
		message->extend_us = number(value, length, UINT64_MAX);
	else if (is(line, key, "WATCHDOG_USEC"))
		message->watchdog_us = number(value, length, UINT64_MAX);
	else if (is(line, key, "ERRNO"))
		message->error = (int)number(value, length, 4095);
	else if (is(line, key, "WATCHDOG") && one)
		message->watchdog = true;
	else if (is(line, key, "WATCHDOG") && is(value, length, "trigger"))
		message->watchdog_trigger = true;
}

void notify_parse(const char *data, size_t size, struct notify_message *ret_message)
{
	memset(ret_message, 0, sizeof(*ret_message));
	while (size > 0) {
		const char *newline = memchr(data, '\n', size);
		size_t length = newline ? (size_t)(newline - data) : size;
		take(ret_message, data, length);
		data += length + (newline ? 1 : 0);
		size -= length + (newline ? 1 : 0);
	}
}
