/* SPDX-License-Identifier: MIT */
/* The pure parts of kinc-init: templates, notify datagrams, restarts, rings, the machine. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "init/address.h"
#include "init/log_ring.h"
#include "lib/loop.h"
#include "init/machine.h"
#include "init/notify.h"
#include "init/probe.h"
#include "init/restart.h"
#include "init/template.h"

static void expands_templates(void **state)
{
	struct variables variables = {0};
	struct kinc_error err;
	size_t offset = 0;
	char *text;
	char *environment[] = {"KINC_A=1", "OTHER=2", "KINC_B=x=y", NULL};

	(void)state;
	assert_int_equal(variables_from_environment(&variables, environment, &err), 0);
	assert_int_equal(variables.count, 2);
	assert_int_equal(template_expand("<{{KINC_A}}|{{KINC_B}}>{{{{x}}", &variables, &text, NULL,
					 &err),
			 0);
	assert_string_equal(text, "<1|x=y>{{x}}");
	free(text);
	assert_int_equal(template_expand("ab{{KINC_C}}", &variables, &text, &offset, &err), -ENOENT);
	assert_int_equal(offset, 2);
	assert_string_equal(err.message, "unknown variable {{KINC_C}}");
	assert_int_equal(template_expand("a{{ KINC_A }}", &variables, &text, &offset, &err),
			 -EINVAL);
	assert_int_equal(offset, 1);
	assert_int_equal(template_expand("a{{", &variables, &text, &offset, &err), -EINVAL);
	variables_unset(&variables, "KINC_A");
	assert_null(variables_get(&variables, "KINC_A", 6));
	variables_free(&variables);
}

static struct notify_message parse(const char *text)
{
	struct notify_message message;

	notify_parse(text, strlen(text), &message);
	return message;
}

static void parses_notify(void **state)
{
	struct notify_message message =
		parse("READY=1\nSTATUS=up and well\nMAINPID=42\nX=1\n\nEXTEND_TIMEOUT_USEC=5000");

	(void)state;
	assert_true(message.ready);
	assert_string_equal(message.status, "up and well");
	assert_int_equal(message.main_pid, 42);
	assert_int_equal(message.extend_us, 5000);
	assert_false(message.watchdog);
	assert_true(parse("WATCHDOG=1").watchdog);
	assert_true(parse("WATCHDOG=trigger").watchdog_trigger);
	assert_true(parse("BARRIER=1").barrier);
	assert_false(parse("READY=10").ready);
	assert_false(parse("READY").ready);
	assert_int_equal(parse("MAINPID=-1").main_pid, 0);
	assert_int_equal(parse("MAINPID=99999999999").main_pid, 0);
	assert_int_equal(parse("EXTEND_TIMEOUT_USEC=99999999999999999999").extend_us, 0);
}

static void cuts_long_status_at_a_character(void **state)
{
	char text[600] = "STATUS=";

	(void)state;
	for (int i = 0; i < 200; i++)
		strcat(text, "ä");
	struct notify_message message = parse(text);
	assert_int_equal(strlen(message.status) % 2, 0);
	assert_true(strlen(message.status) >= 250);
}

static const struct restart_spec spec = {RESTART_ON_FAILURE, 100, 1000, 3, 10, {0}, {0}};

static void restarts_with_backoff_and_limit(void **state)
{
	uint64_t times[3];
	struct restart_history history = {.times_ms = times};
	bool limited;

	(void)state;
	assert_int_equal(restart_decide(&spec, RESTART_NEVER, true, &history, 0, 0, &limited), -1);
	assert_int_equal(restart_decide(&spec, RESTART_ON_FAILURE, false, &history, 0, 0, &limited),
			 -1);
	assert_false(limited);
	assert_int_equal(restart_decide(&spec, RESTART_ALWAYS, false, &history, 1000, 0, &limited),
			 100);
	assert_int_equal(restart_decide(&spec, RESTART_ALWAYS, true, &history, 2000, 0, &limited),
			 200);
	assert_int_equal(restart_decide(&spec, RESTART_ALWAYS, true, &history, 3000, 0, &limited),
			 400);
	assert_int_equal(restart_decide(&spec, RESTART_ALWAYS, true, &history, 4000, 0, &limited),
			 -1);
	assert_true(limited);
	/* the oldest of the three has left the window */
	assert_int_equal(restart_decide(&spec, RESTART_ALWAYS, true, &history, 11001, 0, &limited),
			 800);
	/* it stood longer than the window: the delay begins again */
	assert_int_equal(
		restart_decide(&spec, RESTART_ALWAYS, true, &history, 40000, 20000, &limited), 100);
}

static void caps_the_delay(void **state)
{
	const struct restart_spec endless = {RESTART_ALWAYS, 100, 1000, 0, 10, {0}, {0}};
	struct restart_history history = {0};
	bool limited;
	int delay = 0;

	(void)state;
	for (int i = 0; i < 10000; i++)
		delay = restart_decide(&endless, RESTART_ALWAYS, true, &history, 0, 0, &limited);
	assert_int_equal(delay, 1000);
}

static void ring_keeps_the_last_lines(void **state)
{
	static struct log_line line;
	struct log_ring ring = {0};

	(void)state;
	assert_int_equal(log_ring_last(&ring, 5), 0);
	for (int i = 0; i < 20000; i++) {
		line.size = (uint16_t)snprintf(line.text, sizeof(line.text), "line %d", i);
		line.time_ms = (uint64_t)i;
		line.stream = i % 2;
		log_ring_put(&ring, &line);
	}
	size_t position = log_ring_last(&ring, 2);
	assert_int_equal(log_ring_next(&ring, &position, &line), 1);
	assert_string_equal(line.text, "line 19998");
	assert_int_equal(log_ring_next(&ring, &position, &line), 1);
	assert_string_equal(line.text, "line 19999");
	assert_int_equal(line.time_ms, 19999);
	assert_int_equal(line.stream, 1);
	assert_int_equal(log_ring_next(&ring, &position, &line), 0);
	free(ring.bytes);
}

static void reads_addresses(void **state)
{
	struct sockaddr_storage address;
	socklen_t size;
	const char *path;
	struct kinc_error err;

	(void)state;
	assert_int_equal(address_url("http://127.0.0.1:10248/healthz", &address, &size, &path, &err),
			 0);
	assert_string_equal(path, "/healthz");
	assert_int_equal(ntohs(((struct sockaddr_in *)(void *)&address)->sin_port), 10248);
	assert_int_equal(address_url("http://[::1]", &address, &size, &path, &err), 0);
	assert_int_equal(address.ss_family, AF_INET6);
	assert_string_equal(path, "/");
	assert_int_equal(address_url("https://127.0.0.1/", &address, &size, &path, &err), -EINVAL);
	assert_int_equal(address_tcp("127.0.0.1:0", 11, &address, &size, &err), -EINVAL);
	assert_int_equal(address_tcp(":1", 2, &address, &size, &err), -EINVAL);
	assert_int_equal(address_tcp("127.0.0.1:65536", 15, &address, &size, &err), -EINVAL);
	assert_int_equal(address_unix("", &address, &size, &err), -EINVAL);
	assert_int_equal(address_unix("@x", &address, &size, &err), 0);
}

static void reads_http_answers(void **state)
{
	(void)state;
	assert_true(probe_http_holds("HTTP/1.1 200 OK\r\n", 16));
	assert_true(probe_http_holds("HTTP/1.0 302 Fo", 15));
	assert_false(probe_http_holds("HTTP/1.1 500 In", 15));
	assert_false(probe_http_holds("HTTP/1.1 ", 9));
	assert_false(probe_http_holds("garbage garbage", 15));
}

/* Whatever the state, being asked to stop leads to stopped without being asked again. */
static void every_state_can_stop(void **state)
{
	(void)state;
	for (int s = 0; s < JOB_STATES; s++) {
		if (s == JOB_STOPPED || s == JOB_STOPPING)
			continue;
		const struct transition *stop = &machine[s][EVENT_STOP];
		assert_int_not_equal(stop->action, ACTION_IGNORE);
		assert_true(stop->next == JOB_STOPPED || stop->next == JOB_STOPPING);
	}
	assert_int_equal(machine[JOB_STOPPING][EVENT_GONE].next, JOB_STOPPED);
}

/* Every state is entered by some transition, and every event means something somewhere. */
static void the_machine_is_whole(void **state)
{
	(void)state;
	for (int wanted = 0; wanted < JOB_STATES; wanted++) {
		bool entered = false;
		for (int s = 0; s < JOB_STATES; s++)
			for (int e = 0; e < JOB_EVENTS; e++)
				entered |= machine[s][e].action != ACTION_IGNORE &&
					   (int)machine[s][e].next == wanted;
		assert_true(entered);
	}
	for (int e = 0; e < JOB_EVENTS; e++) {
		bool used = false;
		for (int s = 0; s < JOB_STATES; s++)
			used |= machine[s][e].action != ACTION_IGNORE;
		assert_true(used);
		assert_non_null(job_event_name(e));
	}
}

static int fired_order[3], fired_count;
static struct timer timers[3];

static void note(struct timer *timer)
{
	fired_order[fired_count++] = (int)(timer - timers);
}

static void timers_fire_in_order(void **state)
{
	struct loop loop;

	(void)state;
	assert_int_equal(loop_open(&loop, NULL), 0);
	for (int i = 0; i < 3; i++)
		timers[i].fired = note;
	timer_set(&loop, &timers[0], 30);
	timer_set(&loop, &timers[1], 5);
	timer_set(&loop, &timers[2], 15);
	timer_set(&loop, &timers[1], 20);
	while (fired_count < 3)
		loop_turn(&loop);
	assert_int_equal(fired_order[0], 2);
	assert_int_equal(fired_order[1], 1);
	assert_int_equal(fired_order[2], 0);
	loop_close(&loop);
}

/* What is first must be the earliest, whatever was set again or cleared between. */
static void a_thousand_timers(void **state)
{
	static struct timer many[1000];
	struct loop loop;
	uint64_t last = 0;
	size_t count = 0;

	(void)state;
	assert_int_equal(loop_open(&loop, NULL), 0);
	srand(1);
	for (size_t i = 0; i < 1000; i++)
		many[i].fired = note;
	for (size_t i = 0; i < 5000; i++) {
		struct timer *timer = &many[rand() % 1000];
		if (rand() % 3 == 0)
			timer_clear(&loop, timer);
		else
			timer_set(&loop, timer, 1000 + (uint64_t)(rand() % 100000));
	}
	for (size_t i = 0; i < 1000; i++)
		count += many[i].armed;
	assert_true(count > 100);
	for (; loop.first; count--) {
		struct timer *timer = loop.first;
		assert_true(timer->due_us >= last);
		last = timer->due_us;
		timer_clear(&loop, timer);
		assert_false(timer->armed);
	}
	assert_int_equal(count, 0);
	loop_close(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands_templates),
		cmocka_unit_test(parses_notify),
		cmocka_unit_test(cuts_long_status_at_a_character),
		cmocka_unit_test(restarts_with_backoff_and_limit),
		cmocka_unit_test(caps_the_delay),
		cmocka_unit_test(ring_keeps_the_last_lines),
		cmocka_unit_test(reads_addresses),
		cmocka_unit_test(reads_http_answers),
		cmocka_unit_test(every_state_can_stop),
		cmocka_unit_test(the_machine_is_whole),
		cmocka_unit_test(timers_fire_in_order),
		cmocka_unit_test(a_thousand_timers),
	};

	return cmocka_run_group_tests_name("init core", tests, NULL, NULL);
}
