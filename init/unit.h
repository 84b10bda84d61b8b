/* SPDX-License-Identifier: MIT */
#ifndef INIT_UNIT_H
#define INIT_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "arena.h"
#include "process_spec.h"

/*
 * What the unit files say (docs/units.md). Everything hangs in the arena of
 * the unit_set and is not changed after loading.
 */

enum unit_type { UNIT_SERVICE, UNIT_ONESHOT, UNIT_BUILTIN, UNIT_TARGET };

enum builtin_kind {
	BUILTIN_CONTAINER,
	BUILTIN_MOUNTS,
	BUILTIN_RSHARED,
	BUILTIN_CGROUP,
	BUILTIN_IP_FORWARD,
	BUILTIN_NODE_ADDRESS,
	BUILTIN_MACHINE_ID,
	BUILTIN_OOM_FLOOR,
	BUILTIN_REGISTRIES,
	BUILTIN_SUBNETS,
	BUILTIN_RENDER,
};

enum restart_policy { RESTART_NEVER, RESTART_ON_FAILURE, RESTART_ALWAYS };
enum stop_mode { STOP_CGROUP, STOP_PROCESS, STOP_MIXED };

enum probe_kind {
	PROBE_NOTIFY,
	PROBE_FD,
	PROBE_UNIX,
	PROBE_TCP,
	PROBE_HTTP,
	PROBE_HTTPS,
	PROBE_HTTP_UNIX,
	PROBE_FILE,
	PROBE_EXEC,
};

#define PROBE_FD_FIRST 3
#define PROBE_FD_LAST 63

/* An array of any struct; items is cast by who knows what it holds. */
struct list {
	size_t count;
	void *items;
};

struct probe_spec {
	enum probe_kind kind;
	bool on;       /* notify */
	int fd;	       /* where the service writes a newline */
	char *address; /* a path, HOST:PORT or URL; NULL for notify, fd and exec */
	char *path;    /* http_unix: what to GET */
	char *ca;      /* https: file of certificates */
	struct strings argv;
};

struct restart_spec {
	int policy; /* enum restart_policy, -1: by the unit's type */
	int delay_ms, max_delay_ms, limit, window_s;
	struct list success_exit, prevent_exit; /* int: a code, or a signal below zero */
};

struct stop_spec {
	int signal, timeout_s;
	int mode; /* enum stop_mode */
	struct strings exec;
};

/* How it takes over a changed configuration; neither signal nor exec: it cannot. */
struct reload_spec {
	int signal; /* to its main process; 0: none */
	struct strings exec;
	bool notify; /* done at READY=1 after RELOADING=1 */
	int timeout_s;
};

struct log_spec {
	int forward; /* lines of this level or graver, to the container's stdout too; -1: none */
};

struct condition_spec {
	struct strings path_exists, path_missing, directory_not_empty;
	struct strings environment; /* NAME or NAME=VALUE, of PID 1's environment */
	struct strings capability, controller, mount;
};

/* When a oneshot need not run again. */
struct stamp_spec {
	struct strings inputs, outputs;
	char *version;
};

struct mount_spec {
	char *type, *source, *target, *content, *options;
	bool read_only, optional;
};
struct directory_spec {
	char *path;
	int mode;
};
struct symlink_spec {
	char *path, *target;
};
struct template_spec {
	char *source, *target, *override;
	struct strings check; /* argv that judges what an override gives */
	int mode;
};

/* Units that a key names, once the graph is resolved. */
struct edges {
	size_t count;
	struct unit **items;
};

struct unit {
	char *name;
	size_t index; /* in unit_set.items */
	bool masked;
	bool is_template;	      /* NAME@: others are made from it */
	struct unit_source *sources;  /* its files, in order; while loading */
	struct unit_place *places;    /* of its keys; while loading */

	char *description;
	int type;    /* enum unit_type, -1 while not given */
	int builtin; /* enum builtin_kind, -1 while not given */
	struct strings exec;
	struct strings requires, wants, after, wanted_by, conflicts;
	struct list ready; /* struct probe_spec */
	struct restart_spec restart;
	struct stop_spec stop;
	struct reload_spec reload;
	struct log_spec log;
	struct condition_spec condition;
	struct stamp_spec stamp;
	struct process_spec process;
	int start_timeout_s, watchdog_s; /* 0: none */
	struct strings environment;	 /* NAME=VALUE */
	char *working_directory;
	bool critical;
	int oom_score_adj; /* OOM_SCORE_UNSET: as inherited */
	struct list mounts, directories, symlinks, templates;

	struct edges needs;  /* requires */
	struct edges pulls;  /* wants, and wanted_by of others */
	struct edges before; /* what must have settled first */
	struct edges behind; /* the other way round: who waits for this one */
	struct edges rivals; /* conflicts, of either side */
	bool needed;	     /* part of the boot to the target */
	bool named;	     /* starting another unit starts this one */
};

#define OOM_SCORE_UNSET 10000

struct unit_set {
	struct arena arena;
	size_t count;
	struct unit **items;	     /* in boot order once the graph is resolved */
	struct unit **by_name;	     /* sorted, once loaded */
	struct unit **slots;	     /* every unit by its name (unit_set.c) */
	size_t slot_count;
	struct unit_source *sources; /* the files' texts, while loading */
	struct unit **members;	     /* of the last graph_collect */
	bool *seen;		     /* per index, for graph_collect */
};

const char *unit_type_name(int type);
const char *builtin_name(int kind);
const char *probe_kind_name(enum probe_kind kind);

/* NULL when there is none of that name. Masked units and templates are not found. */
struct unit *unit_find(const struct unit_set *set, const char *name);

/* Does this unit run a process of ours or of its own? Targets do not. */
bool unit_has_process(const struct unit *unit);

/* unit_records.c: does the unit have a stamp? */
bool stamp_is_asked(const struct stamp_spec *stamp);

#endif
