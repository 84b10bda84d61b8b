/* SPDX-License-Identifier: MIT */
/* Units made from others: templates, overrides, masks; conflicts and their places. */
#include <stdlib.h>

#include "init_units.h"

/* Resolves; the complaints, joined by newlines, must be these. */
static void resolve(struct fixture *fixture, const char *wanted)
{
	char found[2000] = "";

	units_finish(&fixture->set, &fixture->complaints);
	graph_resolve(&fixture->set, &fixture->complaints);
	for (size_t i = 0; i < fixture->complaints.count; i++) {
		strncat(found, i ? "\n" : "", sizeof(found) - strlen(found) - 1);
		strncat(found, fixture->complaints.lines[i], sizeof(found) - strlen(found) - 1);
	}
	assert_string_equal(found, wanted);
}

static const struct unit *get(struct fixture *fixture, const char *name)
{
	const struct unit *unit = unit_find(&fixture->set, name);

	assert_non_null(unit);
	return unit;
}

static void instances_are_made(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "all", "{\"type\":\"target\",\"requires\":[\"web@one\"],\"wants\":[\"web@two\"]}");
	add(fixture, "web@",
	    "{\"type\":\"service\",\"exec\":[\"serve\",\"-{{INSTANCE}}-{{INSTANCE}}\",\"{{{{INSTANCE}}\"],"
	    "\"environment\":{\"WHO\":\"{{INSTANCE}}\"},\"requires\":[\"data@{{INSTANCE}}\"]}");
	add(fixture, "data@", "{\"type\":\"oneshot\",\"exec\":[\"d\"],\"wanted_by\":[\"side@{{INSTANCE}}\"]}");
	add(fixture, "side@", "{\"type\":\"target\"}");
	add(fixture, "web@two", "{\"exec\":[\"other\",\"{{INSTANCE}}\"]}");
	add(fixture, "web@alone", "{\"critical\":true}");
	resolve(fixture, "");
	const struct unit *one = get(fixture, "web@one");
	assert_string_equal(one->exec.items[1], "-one-one");
	assert_string_equal(one->exec.items[2], "{{{{INSTANCE}}");
	assert_string_equal(one->environment.items[0], "WHO=one");
	assert_string_equal(one->needs.items[0]->name, "data@one");
	/* a file of its own overrides single keys */
	const struct unit *two = get(fixture, "web@two");
	assert_string_equal(two->exec.items[0], "other");
	assert_string_equal(two->exec.items[1], "two");
	assert_int_equal(two->type, UNIT_SERVICE);
	/* and makes one that nobody names */
	assert_true(get(fixture, "web@alone")->critical);
	assert_int_equal(get(fixture, "side@one")->pulls.count, 1);
	assert_null(unit_find(&fixture->set, "web@"));
}

static void faults_of_templates_are_told_once(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "a", "{\"type\":\"target\",\"wants\":[\"t@x\",\"t@y\",\"t@\",\"u@x\"]}");
	add(fixture, "b", "{\"type\":\"oneshot\",\"exec\":[\"{{INSTANCE}}\"]}");
	add(fixture, "t@", "{\"type\":\"oneshot\",\"exce\":[],\"exec\":[\"{{OTHER}}\"]}");
	resolve(fixture,
		"b.json:1:27: unknown variable {{INSTANCE}}: only a template, NAME@.json, has it\n"
		"t@.json:1:19: unknown key \"exce\"\n"
		"t@.json:1:37: unknown variable {{OTHER}}\n"
		"a.json:1:39: \"t@\" is a template: name an instance of it, such as \"t@one\"\n"
		"a.json:1:44: there is no unit \"u@x\", which \"a\" names");
}

static void a_template_cannot_make_units_for_ever(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "a", "{\"type\":\"target\",\"wants\":[\"t@x\"]}");
	add(fixture, "t@", "{\"type\":\"target\",\"wants\":[\"t@{{INSTANCE}}x\",\"t@{{INSTANCE}}y\"]}");
	units_finish(&fixture->set, &fixture->complaints);
	assert_true(fixture->complaints.count > 0);
	assert_non_null(strstr(fixture->complaints.lines[0], "there are too many instances already"));
}

static void masks_and_lists_in_overrides(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "all", "{\"type\":\"target\",\"wants\":[\"m\",\"back\",\"t@x\"],\"requires\":[\"s\"]}");
	add(fixture, "m", "{\"type\":\"oneshot\",\"exec\":[\"m\"]}");
	add(fixture, "m", "{\"mask\":true}");
	add(fixture, "m", "{\"exec\":[\"still masked\"]}");
	add(fixture, "back", "{\"mask\":true,\"type\":\"oneshot\",\"exec\":[\"b\"]}");
	add(fixture, "back", "{\"mask\":false}");
	add(fixture, "t@", "{\"type\":\"target\"}");
	add(fixture, "t@", "{\"mask\":true}");
	add(fixture, "s",
	    "{\"type\":\"service\",\"exec\":[\"s\"],\"after\":[\"back\"],\"ready\":[{\"notify\":true}],"
	    "\"environment\":{\"A\":\"1\",\"B\":\"2\"},\"condition\":{\"path_exists\":[\"/a\",\"/b\"],"
	    "\"path_missing\":[\"/c\"]}}");
	add(fixture, "s",
	    "{\"after\":[],\"ready\":[{\"file\":\"/x\"},{\"unix\":\"/y\"}],\"environment\":{\"B\":\"3\"},"
	    "\"condition\":{\"path_exists\":[\"/z\"]}}");
	resolve(fixture, "");
	assert_null(unit_find(&fixture->set, "m"));
	assert_null(unit_find(&fixture->set, "t@x"));
	assert_string_equal(get(fixture, "back")->exec.items[0], "b");
	const struct unit *unit = get(fixture, "s");
	/* arrays are replaced, so is environment; condition is merged by member */
	assert_int_equal(unit->before.count, 0);
	assert_int_equal(unit->ready.count, 2);
	assert_int_equal(unit->environment.count, 1);
	assert_string_equal(unit->environment.items[0], "B=3");
	assert_int_equal(unit->condition.path_exists.count, 1);
	assert_string_equal(unit->condition.path_missing.items[0], "/c");
}

static void a_masked_unit_may_not_be_required(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "all", "{\"type\":\"target\",\"requires\":[\"t@x\"]}");
	add(fixture, "t@", "{\"mask\":true}");
	resolve(fixture, "all.json:1:30: unit \"t@x\" is masked, but \"all\" requires it");
}

static void conflicts_have_places(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "all", "{\"type\":\"target\",\"requires\":[\"a\"],\"wants\":[\"c\"]}");
	add(fixture, "a", "{\"type\":\"target\",\"conflicts\":[\"free\",\n\"b\"]}");
	add(fixture, "b", "{\"type\":\"target\"}");
	add(fixture, "c", "{\"type\":\"target\",\"wants\":[\"b\"]}");
	add(fixture, "free", "{\"type\":\"target\"}");
	resolve(fixture, "a.json:2:1: \"a\" conflicts with \"b\", but starting \"all\" starts both");
}

static void conflicts_without_a_target(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "a", "{\"type\":\"oneshot\",\"exec\":[\"a\"],\"requires\":[\"b\"]}");
	add(fixture, "b", "{\"type\":\"oneshot\",\"exec\":[\"b\"],\"conflicts\":[\"a\"]}");
	resolve(fixture, "b.json:1:45: \"b\" conflicts with \"a\", but starting \"a\" starts both");
}

static void conflicts_go_both_ways(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "a", "{\"type\":\"target\",\"conflicts\":[\"b\"]}");
	add(fixture, "b", "{\"type\":\"target\"}");
	resolve(fixture, "");
	assert_ptr_equal(get(fixture, "b")->rivals.items[0], get(fixture, "a"));
	assert_ptr_equal(get(fixture, "a")->rivals.items[0], get(fixture, "b"));
}

static void conditions_are_checked(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, "a",
	    "{\"type\":\"target\",\"condition\":{\"environment\":[\"A\",\"A=b\",\"=x\"],"
	    "\"capability\":[\"CAP_SYS_ADMIN\",\n\"CAP_NONSENSE\"],\"controller\":[\"memory\"],"
	    "\"mount\":[\"/\",\n\"etc\"]}}");
	resolve(fixture, "a.json:1:56: \"=x\" in \"environment\" is no NAME or NAME=VALUE\n"
			 "a.json:2:1: \"CAP_NONSENSE\" in \"capability\" is no capability such as "
			 "CAP_SYS_ADMIN\n"
			 "a.json:3:1: \"etc\" in \"mount\" is no absolute path");
}

static void the_graph_is_quoted(void **state)
{
	struct fixture *fixture = *state;
	char *text = NULL;
	size_t size;

	add(fixture, "a", "{\"type\":\"target\",\"description\":\"say \\\"hi\\\" \\\\\",\"wants\":[\"b@1\"],"
			  "\"conflicts\":[\"c\"]}");
	add(fixture, "b@1", "{\"type\":\"oneshot\",\"exec\":[\"b\"],\"requires\":[\"c\"]}");
	add(fixture, "c", "{\"type\":\"oneshot\",\"exec\":[\"c\"]}");
	units_finish(&fixture->set, &fixture->complaints);
	graph_resolve(&fixture->set, &fixture->complaints);
	FILE *out = open_memstream(&text, &size);
	graph_dot(&fixture->set, out);
	fclose(out);
	assert_non_null(strstr(text, "  \"a\" [shape=doubleoctagon, style=dotted, "
				     "tooltip=\"say \\\"hi\\\" \\\\\"];\n"));
	assert_non_null(strstr(text, "  \"b@1\" -> \"c\" [style=solid];\n"));
	assert_non_null(strstr(text, "  \"a\" -> \"b@1\" [style=dashed];\n"));
	assert_non_null(strstr(text, "  \"a\" -> \"c\" [color=red, dir=none];\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(instances_are_made, setup, teardown),
		cmocka_unit_test_setup_teardown(faults_of_templates_are_told_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_template_cannot_make_units_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(masks_and_lists_in_overrides, setup, teardown),
		cmocka_unit_test_setup_teardown(a_masked_unit_may_not_be_required, setup, teardown),
		cmocka_unit_test_setup_teardown(conflicts_have_places, setup, teardown),
		cmocka_unit_test_setup_teardown(conflicts_without_a_target, setup, teardown),
		cmocka_unit_test_setup_teardown(conflicts_go_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(conditions_are_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(the_graph_is_quoted, setup, teardown),
	};

	return cmocka_run_group_tests_name("init graph", tests, NULL, NULL);
}
