/* SPDX-License-Identifier: MIT */
/* Unit files: what is read, what is complained about, and the graph of them. */
#include <signal.h>

#include "init_units.h"

static void resolve(struct fixture *fixture)
{
	units_finish(&fixture->set, &fixture->complaints);
	graph_resolve(&fixture->set, &fixture->complaints);
}

/* One unit text, one complaint. */
static void expect_complaint(struct fixture *fixture, const char *text, const char *wanted)
{
	add(fixture, "a", text);
	units_finish(&fixture->set, &fixture->complaints);
	if (fixture->complaints.count != 1)
		for (size_t i = 0; i < fixture->complaints.count; i++)
			print_message("complaint: %s\n", fixture->complaints.lines[i]);
	assert_int_equal(fixture->complaints.count, 1);
	assert_string_equal(fixture->complaints.lines[0], wanted);
	units_free(&fixture->set);
	complaints_free(&fixture->complaints);
}

static void reads_every_key(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "a",
	    "{\"description\":\"d\",\"type\":\"service\",\"exec\":[\"/bin/a\",\"{{KINC_CLUSTER}}\"],"
	    "\"ready\":[{\"notify\":true},{\"unix\":\"/s\"},{\"tcp\":\"127.0.0.1:1\"},"
	    "{\"http\":\"http://127.0.0.1/x\"},{\"http_unix\":\"/s\",\"path\":\"/i\"},"
	    "{\"file\":\"/f\"},{\"exec\":[\"p\"]}],"
	    "\"restart\":{\"policy\":\"always\",\"delay_ms\":7,\"max_delay_ms\":8,\"limit\":9,"
	    "\"window_s\":10},\"stop\":{\"signal\":\"SIGINT\",\"timeout_s\":3,\"mode\":\"mixed\","
	    "\"exec\":[\"q\"]},\"start_timeout_s\":4,\"watchdog_s\":5,\"environment\":{\"A\":\"b\"},"
	    "\"working_directory\":\"/w\",\"condition\":{\"path_exists\":[\"/e\"],"
	    "\"path_missing\":[\"/m\"]},\"critical\":true,\"oom_score_adj\":-500,"
	    "\"limits\":{\"nofile\":100}}");
	resolve(fixture);
	assert_int_equal(fixture->complaints.count, 0);
	const struct unit *unit = unit_find(&fixture->set, "a");
	const struct probe_spec *probes = unit->ready.items;
	assert_string_equal(unit->description, "d");
	assert_int_equal(unit->type, UNIT_SERVICE);
	assert_string_equal(unit->exec.items[1], "{{KINC_CLUSTER}}");
	assert_null(unit->exec.items[2]);
	assert_int_equal(unit->ready.count, 7);
	assert_int_equal(probes[4].kind, PROBE_HTTP_UNIX);
	assert_string_equal(probes[4].path, "/i");
	assert_int_equal(unit->restart.policy, RESTART_ALWAYS);
	assert_int_equal(unit->restart.window_s, 10);
	assert_int_equal(unit->stop.signal, SIGINT);
	assert_int_equal(unit->stop.mode, STOP_MIXED);
	assert_string_equal(unit->environment.items[0], "A=b");
	assert_true(unit->critical);
	assert_int_equal(unit->oom_score_adj, -500);
	assert_int_equal(unit->process.limits->resource, RLIMIT_NOFILE);
	assert_int_equal(unit->process.limits->soft, 100);
}

static void names_the_place(void **state)
{
	struct fixture *fixture = *state;

	expect_complaint(fixture, "{\n \"type\": \"target\",\n \"exce\": []\n}",
			 "a.json:3:2: unknown key \"exce\"");
	expect_complaint(fixture, "{\"type\":\"service\",\"exec\":[\"x\"],\"stop\":{\"sig\":1}}",
			 "a.json:1:40: unknown key \"sig\"");
	expect_complaint(fixture, "{\"type\":\"target\",\"type\":\"target\"}",
			 "a.json:1:18: this key was given before");
	expect_complaint(fixture, "{\"type\":\"oneshot\",\"exec\":[\"a\"],\"critical\":1}",
			 "a.json:1:32: \"critical\" must be true or false");
	expect_complaint(fixture, "{\"type\":\"oneshot\",\"exec\":[\"{{KINC_X}}\"]}",
			 "a.json:1:27: unknown variable {{KINC_X}}: give it to the container with "
			 "--env");
	expect_complaint(fixture, "{\"type\":\"oneshot\",\"exec\":[\"{{x}}\"]}",
			 "a.json:1:27: {{ starts no variable such as {{NODE_NAME}}; write {{{{ for "
			 "two braces");
	expect_complaint(fixture,
			 "{\"type\":\"service\",\"exec\":[\"a\"],\"restart\":{\"limit\":1001}}",
			 "a.json:1:43: \"limit\" must be a whole number from 0 to 1000");
}

static void refuses_what_makes_no_sense(void **state)
{
	struct fixture *fixture = *state;

	expect_complaint(fixture, "{\"type\":\"oneshot\",\"exec\":[\"a\"],\"ready\":[]}",
			 "a.json:1:32: a oneshot has no \"ready\"");
	expect_complaint(fixture, "{\"type\":\"service\"}", "a.json:1:2: a service needs \"exec\"");
	expect_complaint(fixture, "{}",
			 "unit a: \"type\" is missing: service, oneshot, builtin or target");
	expect_complaint(fixture, "{\"type\":\"builtin\",\"builtin\":\"rshared\",\"mounts\":[]}",
			 "a.json:1:39: this key does not belong to this builtin");
	expect_complaint(fixture,
			 "{\"type\":\"service\",\"exec\":[\"a\"],\"ready\":[{\"unix\":\"/a\",\"file\":\"/b\"}]}",
			 "a.json:1:41: a probe has exactly one of notify, fd, unix, tcp, http, https, "
			 "http_unix, file, exec");
	expect_complaint(
		fixture,
		"{\"type\":\"service\",\"exec\":[\"a\"],\"ready\":[{\"tcp\":\"localhost:1\"}]}",
		"a.json:1:41: \"localhost:1\" must begin with a numeric address such as 127.0.0.1");
	expect_complaint(fixture, "{\"type\":\"service\",\"exec\":[\"a\"],\"watchdog_s\":1}",
			 "a.json:1:32: watchdog_s needs {\"notify\": true} in \"ready\"");
}

static void syntax_errors_have_a_place(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "a", "{\n\"type\": ,\n}");
	add(fixture, "b", "[]");
	assert_int_equal(fixture->complaints.count, 2);
	assert_memory_equal(fixture->complaints.lines[0], "a.json:2:9: ", 12);
	assert_string_equal(fixture->complaints.lines[1], "b.json:1:1: a unit is a JSON object");
}

static void overrides_single_keys(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "a", "{\"type\":\"service\",\"exec\":[\"a\"],\"restart\":{\"limit\":3}}");
	add(fixture, "b", "{\"type\":\"oneshot\",\"exec\":[\"b\"]}");
	add(fixture, "a", "{\"exec\":[\"other\"],\"restart\":{\"delay_ms\":5}}");
	add(fixture, "b", "{\"mask\":true}");
	resolve(fixture);
	assert_int_equal(fixture->complaints.count, 0);
	assert_int_equal(fixture->set.count, 1);
	const struct unit *unit = unit_find(&fixture->set, "a");
	assert_string_equal(unit->exec.items[0], "other");
	assert_int_equal(unit->restart.limit, 3);
	assert_int_equal(unit->restart.delay_ms, 5);
	assert_null(unit_find(&fixture->set, "b"));
}

static void orders_and_marks(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "all", "{\"type\":\"target\",\"requires\":[\"c\"]}");
	add(fixture, "c", "{\"type\":\"oneshot\",\"exec\":[\"c\"],\"requires\":[\"b\"],\"after\":[\"z\"]}");
	add(fixture, "b", "{\"type\":\"oneshot\",\"exec\":[\"b\"]}");
	add(fixture, "soft", "{\"type\":\"oneshot\",\"exec\":[\"s\"],\"wanted_by\":[\"all\"]}");
	add(fixture, "z", "{\"type\":\"oneshot\",\"exec\":[\"z\"]}");
	resolve(fixture);
	assert_int_equal(fixture->complaints.count, 0);
	graph_mark_needed(&fixture->set, unit_find(&fixture->set, "all"));
	assert_true(unit_find(&fixture->set, "b")->index < unit_find(&fixture->set, "c")->index);
	assert_true(unit_find(&fixture->set, "z")->index < unit_find(&fixture->set, "c")->index);
	assert_true(unit_find(&fixture->set, "soft")->needed);
	assert_true(unit_find(&fixture->set, "b")->needed);
	/* after alone pulls nothing in */
	assert_false(unit_find(&fixture->set, "z")->needed);
	/* a target waits for what it wants */
	assert_int_equal(unit_find(&fixture->set, "all")->before.count, 2);
}

static void prints_the_cycle(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "a", "{\"type\":\"target\",\"requires\":[\"b\"]}");
	add(fixture, "b", "{\"type\":\"target\",\"after\":[\"c\"]}");
	add(fixture, "c", "{\"type\":\"target\",\"requires\":[\"b\"]}");
	resolve(fixture);
	assert_int_equal(fixture->complaints.count, 3);
	assert_string_equal(fixture->complaints.lines[0], "dependency cycle: b -> c -> b");
	assert_string_equal(fixture->complaints.lines[1],
			    "b.json:1:27: \"b\" comes after \"c\"");
	assert_string_equal(fixture->complaints.lines[2], "c.json:1:30: \"c\" requires \"b\"");
}

static void unknown_and_masked_names(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "a", "{\"type\":\"target\",\n\"requires\":[\"b\",\n\"nope\"],\"wants\":[\"m\"]}");
	add(fixture, "b", "{\"type\":\"target\",\"requires\":[\"m\"]}");
	add(fixture, "m", "{\"mask\":true}");
	resolve(fixture);
	assert_int_equal(fixture->complaints.count, 2);
	assert_string_equal(fixture->complaints.lines[0],
			    "a.json:3:1: there is no unit \"nope\", which \"a\" names");
	assert_string_equal(fixture->complaints.lines[1],
			    "b.json:1:30: unit \"m\" is masked, but \"b\" requires it");
}

static void a_thousand_in_a_chain(void **state)
{
	struct fixture *fixture = *state;
	char name[20], text[120];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "u%d", i);
		snprintf(text, sizeof(text),
			 "{\"type\":\"oneshot\",\"exec\":[\"x\"],\"requires\":[%s%.0d%s]}",
			 i ? "\"u" : "", i ? i - 1 : 0, i == 1 ? "0\"" : i ? "\"" : "");
		add(fixture, name, text);
	}
	resolve(fixture);
	for (size_t i = 0; i < fixture->complaints.count && i < 3; i++)
		print_message("%s\n", fixture->complaints.lines[i]);
	assert_int_equal(fixture->complaints.count, 0);
	assert_string_equal(fixture->set.items[999]->name, "u999");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_every_key, setup, teardown),
		cmocka_unit_test_setup_teardown(names_the_place, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_what_makes_no_sense, setup, teardown),
		cmocka_unit_test_setup_teardown(syntax_errors_have_a_place, setup, teardown),
		cmocka_unit_test_setup_teardown(overrides_single_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(orders_and_marks, setup, teardown),
		cmocka_unit_test_setup_teardown(prints_the_cycle, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_and_masked_names, setup, teardown),
		cmocka_unit_test_setup_teardown(a_thousand_in_a_chain, setup, teardown),
	};

	return cmocka_run_group_tests_name("init units", tests, NULL, NULL);
}
