/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "capability.h"
#include "seccomp_profile.h"
#include "unit_keys.h"

static void at_key(const struct unit *unit, struct complaints *complaints, enum unit_key key,
		   const char *what)
{
	const struct unit_place *place = &unit->places[key];

	if (place->doc)
		complain_at(complaints, place->doc, place->node, "%s", what);
	else
		complain(complaints, "unit %s: %s", unit->name, what);
}

/* Where the unit's type came from is the best place for "something is missing". */
static void missing(const struct unit *unit, struct complaints *complaints, enum unit_key key)
{
	const struct unit_place *place = &unit->places[KEY_TYPE];

	complain_at(complaints, place->doc, place->node, "a %s needs \"%s\"",
		    unit_type_name(unit->type), unit_keys[key].name);
}

static void check_mounts(const struct unit *unit, struct complaints *complaints)
{
	const struct mount_spec *mounts = unit->mounts.items;
	const struct directory_spec *directories = unit->directories.items;
	const struct symlink_spec *symlinks = unit->symlinks.items;

	for (size_t i = 0; i < unit->mounts.count; i++) {
		const struct mount_spec *mount = &mounts[i];
		if (!mount->target || !mount->type)
			at_key(unit, complaints, KEY_MOUNTS, "each mount needs \"type\" and \"target\"");
		else if (strcmp(mount->type, "bind") == 0 && !mount->source)
			at_key(unit, complaints, KEY_MOUNTS, "a mount of type bind needs \"source\"");
		else if ((strcmp(mount->type, "content") == 0) != (mount->content != NULL))
			at_key(unit, complaints, KEY_MOUNTS,
			       "\"content\" and the mount type content go together");
	}
	for (size_t i = 0; i < unit->directories.count; i++)
		if (!directories[i].path)
			at_key(unit, complaints, KEY_DIRECTORIES, "each directory needs \"path\"");
	for (size_t i = 0; i < unit->symlinks.count; i++)
		if (!symlinks[i].path || !symlinks[i].target)
			at_key(unit, complaints, KEY_SYMLINKS,
			       "each symlink needs \"path\" and \"target\"");
}

static void check_builtin(const struct unit *unit, struct complaints *complaints)
{
	static const struct {
		enum unit_key key;
		enum builtin_kind kind;
	} owned[] = {
		{KEY_MOUNTS, BUILTIN_MOUNTS},
		{KEY_DIRECTORIES, BUILTIN_MOUNTS},
		{KEY_SYMLINKS, BUILTIN_MOUNTS},
		{KEY_TEMPLATES, BUILTIN_RENDER},
	};
	const struct template_spec *templates = unit->templates.items;

	if (unit->builtin < 0) {
		missing(unit, complaints, KEY_BUILTIN);
		return;
	}
	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
		if (unit->places[owned[i].key].doc && (int)owned[i].kind != unit->builtin)
			at_key(unit, complaints, owned[i].key,
			       "this key does not belong to this builtin");
	check_mounts(unit, complaints);
	for (size_t i = 0; i < unit->templates.count; i++)
		if (!templates[i].source || !templates[i].target)
			at_key(unit, complaints, KEY_TEMPLATES,
			       "each template needs \"source\" and \"target\"");
}

static size_t count_probes(const struct unit *unit, enum probe_kind kind)
{
	const struct probe_spec *probes = unit->ready.items;
	size_t count = 0;

	for (size_t i = 0; i < unit->ready.count; i++)
		count += probes[i].kind == kind;
	return count;
}

void unit_check_profiles(const struct unit_set *set, struct complaints *complaints)
{
	struct kinc_error err;

	for (size_t i = 0; i < set->count; i++) {
		const char *path = set->items[i]->process.seccomp;
		if (path && access(path, F_OK) == 0 && seccomp_profile_check(path, &err) < 0)
			complain(complaints, "%s", err.message);
	}
}

static void check_capabilities(const struct unit *unit, struct complaints *complaints)
{
	const struct capability_spec *spec = &unit->process.capabilities;

	if (spec->bounding.items &&
	    (capability_bits(&spec->ambient) & ~capability_bits(&spec->bounding)))
		at_key(unit, complaints, KEY_CAPABILITIES,
		       "an ambient capability is not in the bounding set");
}

static void check_reload(const struct unit *unit, struct complaints *complaints)
{
	const struct reload_spec *reload = &unit->reload;

	if (unit->places[KEY_RELOAD].doc && (reload->signal != 0) == (reload->exec.count > 0))
		at_key(unit, complaints, KEY_RELOAD, "\"reload\" needs one of \"signal\" and \"exec\"");
	if (reload->notify && count_probes(unit, PROBE_NOTIFY) == 0)
		at_key(unit, complaints, KEY_RELOAD,
		       "\"notify\" of \"reload\" needs {\"notify\": true} in \"ready\"");
}

void unit_check(const struct unit *unit, struct complaints *complaints)
{
	if (unit->type < 0) {
		at_key(unit, complaints, KEY_TYPE,
		       "\"type\" is missing: service, oneshot, builtin or target");
		return;
	}
	for (int i = 0; i < UNIT_KEYS; i++)
		if (unit->places[i].doc && !(unit_keys[i].types & 1U << unit->type))
			complain_at(complaints, unit->places[i].doc, unit->places[i].node,
				    "a %s has no \"%s\"", unit_type_name(unit->type),
				    unit_keys[i].name);
	if (unit->type == UNIT_BUILTIN)
		check_builtin(unit, complaints);
	else if (unit->type != UNIT_TARGET && unit->exec.count == 0)
		missing(unit, complaints, KEY_EXEC);
	if (unit->restart.max_delay_ms < unit->restart.delay_ms)
		at_key(unit, complaints, KEY_RESTART, "max_delay_ms is less than delay_ms");
	if (unit->type == UNIT_ONESHOT && unit->restart.policy == RESTART_ALWAYS)
		at_key(unit, complaints, KEY_RESTART,
		       "a oneshot cannot restart always: it would never be done");
	if (count_probes(unit, PROBE_FD) > 1)
		at_key(unit, complaints, KEY_READY, "there can be one probe \"fd\" only");
	if (unit->places[KEY_STAMP].doc && !stamp_is_asked(&unit->stamp))
		at_key(unit, complaints, KEY_STAMP,
		       "\"stamp\" needs \"inputs\", \"outputs\" or \"version\"");
	if (unit->watchdog_s > 0 && count_probes(unit, PROBE_NOTIFY) == 0)
		at_key(unit, complaints, KEY_WATCHDOG, "watchdog_s needs {\"notify\": true} in \"ready\"");
	check_reload(unit, complaints);
	check_capabilities(unit, complaints);
}
