/* SPDX-License-Identifier: MIT */
#include "unit_keys.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_words[] = {"service", "oneshot", "builtin", "target", NULL};
static const char *const builtin_words[] = {"mounts",	    "rshared",	 "cgroup", "ip-forward",
					    "node-address", "machine-id", "oom-floor", "render", NULL};
static const char *const policy_words[] = {"never", "on-failure", "always", NULL};
static const char *const mode_words[] = {"cgroup", "process", "mixed", NULL};
static const char *const probe_words[] = {"notify",    "unix", "tcp", "http",
					  "http_unix", "file", "exec"};

const char *unit_type_name(int type)
{
	return type_words[type];
}

const char *builtin_name(int kind)
{
	return builtin_words[kind];
}

const char *probe_kind_name(enum probe_kind kind)
{
	return probe_words[kind];
}

#define RESTART(member) offsetof(struct restart_spec, member)
static const struct key restart_keys[] = {
	{.name = "policy", .read = read_word, .offset = RESTART(policy), .words = policy_words},
	{.name = "delay_ms", .read = read_int, .offset = RESTART(delay_ms), .max = 3600000},
	{.name = "max_delay_ms", .read = read_int, .offset = RESTART(max_delay_ms), .max = 3600000},
	{.name = "limit", .read = read_int, .offset = RESTART(limit), .max = 1000},
	{.name = "window_s", .read = read_int, .offset = RESTART(window_s), .min = 1, .max = 86400},
	KEY_END,
};

#define STOP(member) offsetof(struct stop_spec, member)
static const struct key stop_keys[] = {
	{.name = "signal", .read = read_signal, .offset = STOP(signal)},
	{.name = "timeout_s", .read = read_int, .offset = STOP(timeout_s), .max = 3600},
	{.name = "mode", .read = read_word, .offset = STOP(mode), .words = mode_words},
	{.name = "exec", .read = read_argv, .offset = STOP(exec)},
	KEY_END,
};

#define CONDITION(member) offsetof(struct condition_spec, member)
static const struct key condition_keys[] = {
	{.name = "path_exists", .read = read_strings, .offset = CONDITION(path_exists)},
	{.name = "path_missing", .read = read_strings, .offset = CONDITION(path_missing)},
	{.name = "environment", .read = read_settings, .offset = CONDITION(environment)},
	{.name = "capability", .read = read_capabilities, .offset = CONDITION(capability)},
	{.name = "controller", .read = read_strings, .offset = CONDITION(controller)},
	{.name = "mount", .read = read_paths, .offset = CONDITION(mount)},
	KEY_END,
};

static const struct key limit_keys[] = {
	{.name = "nofile",
	 .read = read_int,
	 .offset = offsetof(struct limit_spec, nofile),
	 .min = 16,
	 .max = INT_MAX},
	KEY_END,
};

#define MOUNT(member) offsetof(struct mount_spec, member)
static const struct key mount_keys[] = {
	{.name = "type", .read = read_text, .offset = MOUNT(type)},
	{.name = "source", .read = read_text, .offset = MOUNT(source)},
	{.name = "target", .read = read_path, .offset = MOUNT(target)},
	{.name = "content", .read = read_text, .offset = MOUNT(content)},
	{.name = "options", .read = read_text, .offset = MOUNT(options)},
	{.name = "read_only", .read = read_flag, .offset = MOUNT(read_only)},
	{.name = "optional", .read = read_flag, .offset = MOUNT(optional)},
	KEY_END,
};

static const struct key directory_keys[] = {
	{.name = "path", .read = read_path, .offset = offsetof(struct directory_spec, path)},
	{.name = "mode", .read = read_mode, .offset = offsetof(struct directory_spec, mode)},
	KEY_END,
};

static const struct key symlink_keys[] = {
	{.name = "path", .read = read_path, .offset = offsetof(struct symlink_spec, path)},
	{.name = "target", .read = read_text, .offset = offsetof(struct symlink_spec, target)},
	KEY_END,
};

#define TEMPLATE(member) offsetof(struct template_spec, member)
static const struct key template_keys[] = {
	{.name = "source", .read = read_path, .offset = TEMPLATE(source)},
	{.name = "target", .read = read_path, .offset = TEMPLATE(target)},
	{.name = "override", .read = read_path, .offset = TEMPLATE(override)},
	{.name = "mode", .read = read_mode, .offset = TEMPLATE(mode)},
	KEY_END,
};

static void directory_prepare(void *item)
{
	((struct directory_spec *)item)->mode = 0755;
}

static void template_prepare(void *item)
{
	((struct template_spec *)item)->mode = 0644;
}

#define UNIT(member) offsetof(struct unit, member)
#define SERVICE (1U << UNIT_SERVICE)
#define ONESHOT (1U << UNIT_ONESHOT)
#define BUILTIN (1U << UNIT_BUILTIN)
#define PROGRAM (SERVICE | ONESHOT)
#define ANY (PROGRAM | BUILTIN | 1U << UNIT_TARGET)

const struct key unit_keys[UNIT_KEYS + 1] = {
	[KEY_DESCRIPTION] = {"description", read_text, UNIT(description), .types = ANY},
	[KEY_TYPE] = {"type", read_word, UNIT(type), .words = type_words, .types = ANY},
	[KEY_MASK] = {"mask", read_flag, UNIT(masked), .types = ANY},
	[KEY_EXEC] = {"exec", read_argv, UNIT(exec), .types = PROGRAM},
	[KEY_BUILTIN] = {"builtin", read_word, UNIT(builtin), .words = builtin_words,
			 .types = BUILTIN},
	[KEY_REQUIRES] = {"requires", read_strings, UNIT(requires), .types = ANY},
	[KEY_WANTS] = {"wants", read_strings, UNIT(wants), .types = ANY},
	[KEY_AFTER] = {"after", read_strings, UNIT(after), .types = ANY},
	[KEY_WANTED_BY] = {"wanted_by", read_strings, UNIT(wanted_by), .types = ANY},
	[KEY_CONFLICTS] = {"conflicts", read_strings, UNIT(conflicts), .types = ANY},
	[KEY_READY] = {"ready", read_ready, UNIT(ready), .types = SERVICE},
	[KEY_RESTART] = {"restart", read_object, UNIT(restart), .members = restart_keys,
			 .types = PROGRAM | BUILTIN},
	[KEY_STOP] = {"stop", read_object, UNIT(stop), .members = stop_keys, .types = PROGRAM},
	[KEY_START_TIMEOUT] = {"start_timeout_s", read_int, UNIT(start_timeout_s), .max = 86400,
			       .types = PROGRAM | BUILTIN},
	[KEY_WATCHDOG] = {"watchdog_s", read_int, UNIT(watchdog_s), .max = 86400, .types = SERVICE},
	[KEY_ENVIRONMENT] = {"environment", read_environment, UNIT(environment), .types = PROGRAM},
	[KEY_WORKING_DIRECTORY] = {"working_directory", read_path, UNIT(working_directory),
				   .types = PROGRAM},
	[KEY_CONDITION] = {"condition", read_object, UNIT(condition), .members = condition_keys,
			   .types = ANY},
	[KEY_CRITICAL] = {"critical", read_flag, UNIT(critical), .types = ANY},
	[KEY_OOM_SCORE_ADJ] = {"oom_score_adj", read_int, UNIT(oom_score_adj), -1000, 1000,
			       .types = PROGRAM},
	[KEY_LIMITS] = {"limits", read_object, UNIT(limits), .members = limit_keys,
			.types = PROGRAM},
	[KEY_MOUNTS] = {"mounts", read_list, UNIT(mounts), .members = mount_keys,
			.size = sizeof(struct mount_spec), .types = BUILTIN},
	[KEY_DIRECTORIES] = {"directories", read_list, UNIT(directories), .members = directory_keys,
			     .size = sizeof(struct directory_spec), .prepare = directory_prepare,
			     .types = BUILTIN},
	[KEY_SYMLINKS] = {"symlinks", read_list, UNIT(symlinks), .members = symlink_keys,
			  .size = sizeof(struct symlink_spec), .types = BUILTIN},
	[KEY_TEMPLATES] = {"templates", read_list, UNIT(templates), .members = template_keys,
			   .size = sizeof(struct template_spec), .prepare = template_prepare,
			   .types = BUILTIN},
	[UNIT_KEYS] = KEY_END,
};

uint32_t unit_place_item(const struct unit_place *place, size_t ordinal)
{
	uint32_t item = place->doc->nodes[place->node].child;

	while (ordinal-- > 0 && item != KINC_SPAN_NONE)
		item = place->doc->nodes[item].next;
	return item == KINC_SPAN_NONE ? place->node : item;
}

struct unit *unit_new(struct arena *arena, const char *name)
{
	struct unit *unit = arena_alloc(arena, sizeof(*unit));

	if (!unit)
		return NULL;
	unit->name = arena_copy(arena, name);
	unit->places = calloc(UNIT_KEYS, sizeof(*unit->places));
	if (!unit->name || !unit->places) {
		free(unit->places);
		return NULL;
	}
	unit->description = unit->name;
	unit->type = unit->builtin = -1;
	unit->restart = (struct restart_spec){-1, 100, 10000, 5, 60};
	unit->stop = (struct stop_spec){.signal = SIGTERM, .timeout_s = 10, .mode = STOP_CGROUP};
	unit->limits.nofile = -1;
	unit->start_timeout_s = 90;
	unit->oom_score_adj = OOM_SCORE_UNSET;
	return unit;
}

void unit_read(struct reader *reader, struct unit *unit)
{
	const struct kinc_span_node *nodes = reader->doc->nodes;

	if (nodes[0].type != KINC_SPAN_OBJECT) {
		complain_at(reader->complaints, reader->doc, 0, "a unit is a JSON object");
		return;
	}
	read_members(reader, unit_keys, 0, unit);
	for (uint32_t item = nodes[0].child; item != KINC_SPAN_NONE; item = nodes[item].next)
		for (int i = 0; i < UNIT_KEYS; i++)
			if (kinc_span_key_is(reader->doc, item, unit_keys[i].name))
				unit->places[i] = (struct unit_place){reader->doc, item};
}
