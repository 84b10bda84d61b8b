/* SPDX-License-Identifier: MIT */
/* What the manager decides when several events come before it looks. */
#include <stdlib.h>

#include "init_units.h"

#include "init/manager.h"

/* One need ended for its restart, another has become ready, in the same turn. */
static void restart_while_another_waits_for_it(void **state)
{
	struct fixture *fixture = *state;
	struct manager manager = {0};

	add(fixture, "need", "{\"type\":\"target\"}");
	add(fixture, "user", "{\"type\":\"target\",\"requires\":[\"need\"]}");
	units_finish(&fixture->set, &fixture->complaints);
	graph_resolve(&fixture->set, &fixture->complaints);
	assert_int_equal(fixture->complaints.count, 0);
	manager.units = fixture->set;
	assert_int_equal(loop_open(&manager.loop, NULL), 0);
	assert_int_equal(manager_init(&manager, unit_find(&manager.units, "user"), NULL), 0);
	struct job *need = &manager.jobs[unit_find(&manager.units, "need")->index];
	struct job *user = manager.target;

	user->state = JOB_WAITING;
	user->look_at_needs = true;
	need->start_after_stop = true;
	manager_queue(user);
	manager_queue(need);
	manager_settle(&manager);

	assert_int_equal(need->state, JOB_READY);
	assert_int_equal(user->state, JOB_READY);
	assert_true(user->ready_us >= need->ready_us);
	loop_close(&manager.loop);
	fixture->set = manager.units;
	free(manager.jobs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(restart_while_another_waits_for_it, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
