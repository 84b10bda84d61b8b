/* SPDX-License-Identifier: MIT */
#include "unit_keys.h"
#include "unit_records.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "log_level.h"
#include "unit_process.h"

static const char *const type_words[] = {"service", "oneshot", "builtin", "target", NULL};
static const char *const builtin_words[] = {"container",  "mounts",	  "rshared",
					    "cgroup",	  "ip-forward", "node-address",
					    "machine-id", "oom-floor",	"registries",
					    "subnets",	  "render",	NULL};
static const char *const policy_words[] = {"never", "on-failure", "always", NULL};
static const char *const mode_words[] = {"cgroup", "process", "mixed", NULL};
const char *unit_type_name(int type)
{
	return type_words[type];
}

const char *builtin_name(int kind)
{
	return builtin_words[kind];
}

#define RESTART(member) offsetof(struct restart_spec, member)
static const struct key restart_keys[] = {
	{.name = "policy",
	 .read = read_word,
	 .offset = RESTART(policy),
	 .words = policy_words,
	 .about = "when it is started again; by default on-failure for services, never for others"},
	{.name = "delay_ms",
	 .read = read_int,
	 .offset = RESTART(delay_ms),
	 .max = 3600000,
	 .about = "delay of the first restart; each further one doubles it"},
	{.name = "max_delay_ms",
	 .read = read_int,
	 .offset = RESTART(max_delay_ms),
	 .max = 3600000,
	 .about = "the longest delay"},
	{.name = "limit",
	 .read = read_int,
	 .offset = RESTART(limit),
	 .max = 1000,
	 .about = "so many restarts within window_s at the most, then it has failed; 0: without "
		  "end"},
	{.name = "window_s",
	 .read = read_int,
	 .offset = RESTART(window_s),
	 .min = 1,
	 .max = 86400,
	 .about = "seconds in which restarts are counted"},
	{.name = "success_exit",
	 .read = read_ends,
	 .offset = RESTART(success_exit),
	 .about = "exit codes and signals that are as good as code 0"},
	{.name = "prevent_exit",
	 .read = read_ends,
	 .offset = RESTART(prevent_exit),
	 .about = "exit codes and signals after which it is not started again"},
	KEY_END,
};

#define STOP(member) offsetof(struct stop_spec, member)
static const struct key stop_keys[] = {
	{.name = "signal",
	 .read = read_signal,
	 .offset = STOP(signal),
	 .about = "what is sent first"},
	{.name = "timeout_s",
	 .read = read_int,
	 .offset = STOP(timeout_s),
	 .max = 3600,
	 .about = "seconds until SIGKILL"},
	{.name = "mode",
	 .read = read_word,
	 .offset = STOP(mode),
	 .words = mode_words,
	 .about = "who gets the signal: all of its cgroup, its main process only, or that and then "
		  "SIGKILL to the rest"},
	{.name = "exec",
	 .read = read_argv,
	 .offset = STOP(exec),
	 .about = "argv of a program that runs before the signal is sent"},
	KEY_END,
};

#define RELOAD(member) offsetof(struct reload_spec, member)
static const struct key reload_keys[] = {
	{.name = "signal",
	 .read = read_signal,
	 .offset = RELOAD(signal),
	 .about = "what its main process is sent"},
	{.name = "exec",
	 .read = read_argv,
	 .offset = RELOAD(exec),
	 .about = "argv of a program that makes it reload"},
	{.name = "notify",
	 .read = read_flag,
	 .offset = RELOAD(notify),
	 .about = "it is done when the service has sent RELOADING=1 and then READY=1"},
	{.name = "timeout_s",
	 .read = read_int,
	 .offset = RELOAD(timeout_s),
	 .min = 1,
	 .max = 3600,
	 .about = "seconds until it counts as failed"},
	KEY_END,
};

static const struct key log_keys[] = {
	{.name = "forward",
	 .read = read_word,
	 .offset = offsetof(struct log_spec, forward),
	 .words = log_level_words,
	 .about = "lines of this level or graver go to the container's stdout too"},
	KEY_END,
};

#define CONDITION(member) offsetof(struct condition_spec, member)
static const struct key condition_keys[] = {
	{.name = "path_exists",
	 .read = read_strings,
	 .offset = CONDITION(path_exists),
	 .about = "paths that are there"},
	{.name = "path_missing",
	 .read = read_strings,
	 .offset = CONDITION(path_missing),
	 .about = "paths that are not there"},
	{.name = "directory_not_empty",
	 .read = read_strings,
	 .offset = CONDITION(directory_not_empty),
	 .about = "directories in which there is something that has no dot in front"},
	{.name = "environment",
	 .read = read_settings,
	 .offset = CONDITION(environment),
	 .about = "NAME or NAME=VALUE in kinc-init's environment"},
	{.name = "capability",
	 .read = read_capabilities,
	 .offset = CONDITION(capability),
	 .about = "capabilities in the bounding set and permitted to kinc-init"},
	{.name = "controller",
	 .read = read_strings,
	 .offset = CONDITION(controller),
	 .about = "cgroup v2 controllers that are delegated"},
	{.name = "mount",
	 .read = read_paths,
	 .offset = CONDITION(mount),
	 .about = "paths that are mount points"},
	KEY_END,
};

#define MOUNT(member) offsetof(struct mount_spec, member)
static const struct key mount_keys[] = {
	{.name = "type",
	 .read = read_text,
	 .offset = MOUNT(type),
	 .about = "bind, content, or a file system"},
	{.name = "source", .read = read_text, .offset = MOUNT(source), .about = "what is mounted"},
	{.name = "target", .read = read_path, .offset = MOUNT(target), .about = "where"},
	{.name = "content",
	 .read = read_text,
	 .offset = MOUNT(content),
	 .about = "with type content: the text of a file that is bound over the target"},
	{.name = "options", .read = read_text, .offset = MOUNT(options), .about = "as in mount(8)"},
	{.name = "read_only",
	 .read = read_flag,
	 .offset = MOUNT(read_only),
	 .about = "may it not be written to?"},
	{.name = "optional",
	 .read = read_flag,
	 .offset = MOUNT(optional),
	 .about = "a failure is noted, and no error"},
	KEY_END,
};

static const struct key directory_keys[] = {
	{.name = "path",
	 .read = read_path,
	 .offset = offsetof(struct directory_spec, path),
	 .about = "directory that is made, with its parents"},
	{.name = "mode",
	 .read = read_mode,
	 .offset = offsetof(struct directory_spec, mode),
	 .about = "octal digits"},
	KEY_END,
};

static const struct key symlink_keys[] = {
	{.name = "path",
	 .read = read_path,
	 .offset = offsetof(struct symlink_spec, path),
	 .about = "the symlink"},
	{.name = "target",
	 .read = read_text,
	 .offset = offsetof(struct symlink_spec, target),
	 .about = "what it points to"},
	KEY_END,
};

#define TEMPLATE(member) offsetof(struct template_spec, member)
static const struct key template_keys[] = {
	{.name = "source",
	 .read = read_path,
	 .offset = TEMPLATE(source),
	 .about = "file with {{NAME}}s"},
	{.name = "target",
	 .read = read_path,
	 .offset = TEMPLATE(target),
	 .about = "file that is written"},
	{.name = "override",
	 .read = read_path,
	 .offset = TEMPLATE(override),
	 .about = "used as source when it is there"},
	{.name = "check",
	 .read = read_argv,
	 .offset = TEMPLATE(check),
	 .about = "argv of a program that judges the file made from the override, whose path is "
		  "added; what it refuses is not used"},
	{.name = "mode", .read = read_mode, .offset = TEMPLATE(mode), .about = "octal digits"},
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
	[KEY_DESCRIPTION] = {"description", read_text, UNIT(description), .types = ANY,
			     .about = "text for status"},
	[KEY_TYPE] = {"type", read_word, UNIT(type), .words = type_words, .types = ANY,
		      .about = "a process that stays, one that ends, a step of kinc-init itself, "
			       "or a name for a set of units"},
	[KEY_MASK] = {"mask", read_flag, UNIT(masked), .types = ANY, .about = "take the unit out"},
	[KEY_EXEC] = {"exec", read_argv, UNIT(exec), .types = PROGRAM,
		      .about = "argv; there is no shell"},
	[KEY_BUILTIN] = {"builtin", read_word, UNIT(builtin), .words = builtin_words,
			 .types = BUILTIN, .about = "which step"},
	[KEY_REQUIRES] = {"requires", read_strings, UNIT(requires), .types = ANY,
			  .about = "units that must stand before this one starts"},
	[KEY_WANTS] = {"wants", read_strings, UNIT(wants), .types = ANY,
		       .about = "units that are started along"},
	[KEY_AFTER] =
		{"after", read_strings, UNIT(after), .types = ANY,
		 .about = "order only: units that must have settled before, if they start at all"},
	[KEY_WANTED_BY] = {"wanted_by", read_strings, UNIT(wanted_by), .types = ANY,
			   .about = "units whose start starts this one"},
	[KEY_CONFLICTS] = {"conflicts", read_strings, UNIT(conflicts), .types = ANY,
			   .about = "units that cannot run beside this one"},
	[KEY_READY] = {"ready", read_ready, UNIT(ready), .types = SERVICE,
		       .about = "probes, all of which must hold before the service is ready"},
	[KEY_RESTART] = {"restart", read_object, UNIT(restart), .members = restart_keys,
			 .types = PROGRAM | BUILTIN,
			 .about = "what happens after its process ended"},
	[KEY_STOP] = {"stop", read_object, UNIT(stop), .members = stop_keys, .types = PROGRAM,
		      .about = "how it is stopped"},
	[KEY_RELOAD] = {"reload", read_object, UNIT(reload), .members = reload_keys,
			.types = SERVICE,
			.about = "how it takes over a changed configuration while it runs"},
	[KEY_LOG] = {"log", read_object, UNIT(log), .members = log_keys, .types = PROGRAM,
		     .about = "what happens with the lines that it writes"},
	[KEY_START_TIMEOUT] = {"start_timeout_s", read_int, UNIT(start_timeout_s), .max = 86400,
			       .types = PROGRAM | BUILTIN,
			       .about = "seconds until it must be ready or done; 0: no limit"},
	[KEY_WATCHDOG] = {"watchdog_s", read_int, UNIT(watchdog_s), .max = 86400, .types = SERVICE,
			  .about = "seconds within which WATCHDOG=1 must come; 0: none"},
	[KEY_ENVIRONMENT] = {"environment", read_environment, UNIT(environment), .types = PROGRAM,
			     .about = "variables for the process"},
	[KEY_WORKING_DIRECTORY] = {"working_directory", read_path, UNIT(working_directory),
				   .types = PROGRAM, .about = "where the process starts"},
	[KEY_CONDITION] = {"condition", read_object, UNIT(condition), .members = condition_keys,
			   .types = ANY, .about = "the unit is skipped unless all of this holds"},
	[KEY_STAMP] = {"stamp", read_object, UNIT(stamp), .members = stamp_keys, .types = ONESHOT,
		       .about = "it runs again only when one of these, its command, environment or "
				"program has changed"},
	[KEY_CRITICAL] = {"critical", read_flag, UNIT(critical), .types = ANY,
			  .about = "when it fails for good, everything is stopped"},
	[KEY_OOM_SCORE_ADJ] = {"oom_score_adj", read_int, UNIT(oom_score_adj), -1000, 1000,
			       .types = PROGRAM,
			       .about = "who is killed first when memory is short"},
	[KEY_LIMITS] = {"limits", read_object, UNIT(process.limits), .members = limit_keys,
			.types = PROGRAM,
			.about = "resource limits of the process: the soft one, or both"},
	[KEY_RESOURCES] = {"resources", read_object, UNIT(process.resources),
			   .members = resource_keys, .types = PROGRAM,
			   .about = "limits of its cgroup; without the controller they do not "
				    "hold, which is one warning"},
	[KEY_USER] = {"user", read_owner, UNIT(process.user), .types = PROGRAM,
		      .about = "as whom it runs"},
	[KEY_GROUP] = {"group", read_owner, UNIT(process.group), .types = PROGRAM,
		       .about = "its group; by default the user's"},
	[KEY_GROUPS] = {"groups", read_owners, UNIT(process.groups), .types = PROGRAM,
			.about = "its other groups; by default those that list the user"},
	[KEY_UMASK] = {"umask", read_mode, UNIT(process.umask), .types = PROGRAM,
		       .about = "octal digits: permissions that its files do not get"},
	[KEY_CAPABILITIES] = {"capabilities", read_object, UNIT(process.capabilities),
			      .members = capability_keys, .types = PROGRAM,
			      .about = "capabilities that it is left or given"},
	[KEY_NO_NEW_PRIVILEGES] = {"no_new_privileges", read_flag,
				   UNIT(process.no_new_privileges), .types = PROGRAM,
				   .about = "may it gain no privilege by executing a program?"},
	[KEY_SECCOMP] = {"seccomp", read_path, UNIT(process.seccomp), .types = PROGRAM,
			 .about = "path of a seccomp profile as Podman and Docker have them"},
	[KEY_MOUNTS] = {"mounts", read_list, UNIT(mounts), .members = mount_keys,
			.size = sizeof(struct mount_spec), .types = BUILTIN,
			.about = "with builtin mounts: what is mounted, in that order"},
	[KEY_DIRECTORIES] = {"directories", read_list, UNIT(directories), .members = directory_keys,
			     .size = sizeof(struct directory_spec), .prepare = directory_prepare,
			     .types = BUILTIN,
			     .about = "with builtin mounts: directories that are made"},
	[KEY_SYMLINKS] = {"symlinks", read_list, UNIT(symlinks), .members = symlink_keys,
			  .size = sizeof(struct symlink_spec), .types = BUILTIN,
			  .about = "with builtin mounts: symlinks that are made"},
	[KEY_TEMPLATES] = {"templates", read_list, UNIT(templates), .members = template_keys,
			   .size = sizeof(struct template_spec), .prepare = template_prepare,
			   .types = BUILTIN,
			   .about = "with builtin render: files that are rendered"},
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
	unit->restart = (struct restart_spec){-1, 100, 10000, 5, 60, {0}, {0}};
	unit->stop = (struct stop_spec){.signal = SIGTERM, .timeout_s = 10, .mode = STOP_CGROUP};
	unit->reload.timeout_s = 90;
	unit->log.forward = LOG_LEVEL_NONE;
	unit->process.umask = 022;
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
