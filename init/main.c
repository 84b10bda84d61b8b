/* SPDX-License-Identifier: MIT */
/*
 * kinc-init: PID 1 of a kinc node.
 *
 * Theory of operation: the units are loaded, checked and put in order before
 * anything runs. From then on one loop turns: it waits for signals, readiness,
 * timers and clients, feeds what happened to the state machines of the units
 * (machine.c), and lets the manager decide what may start or stop next. What
 * could block or grow runs in child processes: builtins, log files, probes
 * that are programs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capability.h"
#include "control.h"
#include "flight.h"
#include "graph.h"
#include "io.h"
#include "manager.h"
#include "check_json.h"
#include "options.h"
#include "story.h"
#include "unit_keys.h"
#include "unit_schema.h"
#include "version.h"

extern char **environ;

static struct manager manager;

static int misconfigured(struct complaints *complaints, bool json)
{
	if (json)
		check_print_json(NULL, complaints, stdout);
	for (size_t i = 0; i < complaints->count && !json; i++)
		fprintf(stderr, "%s\n", complaints->lines[i]);
	if (complaints->lost > 0 && !json)
		fprintf(stderr, "(and %zu more)\n", complaints->lost);
	complaints_free(complaints);
	return KINC_EXIT_MISUSE;
}

static int system_failure(const struct kinc_error *err)
{
	fprintf(stderr, "kinc-init: %s\n", err->message);
	return KINC_EXIT_SYSTEM;
}

static int set_variables(bool check, struct kinc_error *err)
{
	char name[256] = "";
	int result = variables_from_environment(&manager.variables, environ, err);

	gethostname(name, sizeof(name) - 1);
	if (result == 0)
		result = variables_set(&manager.variables, "NODE_NAME", name, err);
	/* Known to the check of unit files, but not set before their builtin found them. */
	for (size_t i = 0; i < found_variable_count && result == 0; i++)
		result = variables_set(&manager.variables, found_variables[i].name,
				       check ? found_variables[i].sample : "", err);
	return result;
}

/* Loads and resolves the units: -1, or an exit status after telling why. */
static int load_units(const struct options *options, struct unit **ret_target)
{
	struct complaints complaints = {0};
	struct kinc_error err;

	if (set_variables(options->check, &err) < 0 ||
	    units_load(&manager.units, options->directories, options->directory_count,
		       &manager.variables, options->check, &complaints, &err) < 0)
		return system_failure(&err);
	graph_resolve(&manager.units, &complaints);
	struct unit *target = unit_find(&manager.units, options->target);
	if (!target && complaints.count == 0)
		complain(&complaints, "there is no unit \"%s\" to reach", options->target);
	if (options->check)
		unit_check_profiles(&manager.units, &complaints);
	units_forget_sources(&manager.units);
	for (size_t i = 0; i < found_variable_count; i++)
		variables_unset(&manager.variables, found_variables[i].name);
	if (complaints.count > 0)
		return misconfigured(&complaints, options->json);
	graph_mark_needed(&manager.units, target);
	*ret_target = target;
	return -1;
}

/* Somebody may have started PID 1 without them, and the next open would take their place. */
static void ensure_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	/* What who started PID 1 left open is no business of the units. */
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

static void signals_ready(struct source *source, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	while (read(source->fd, &info, sizeof(info)) == sizeof(info)) {
		int number = (int)info.ssi_signo;
		if (number == SIGCHLD)
			children_reap(&manager.children);
		else if (number == SIGTERM || number == SIGINT || number == SIGRTMIN + 3)
			manager_shutdown(&manager, "asked by a signal");
	}
}

static int open_signals(struct kinc_error *err)
{
	static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	sigset_t all;

	/* All are blocked, so that none of them ends PID 1; most are then ignored. */
	sigfillset(&all);
	/* But a fault while these are blocked would be an end without a word. */
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigdelset(&all, crashes[i]);
	sigprocmask(SIG_SETMASK, &all, NULL);
	manager.signals.ready = signals_ready;
	manager.signals.fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (manager.signals.fd < 0)
		return kinc_error_errno(err, errno, "cannot make a signalfd");
	return loop_add(&manager.loop, &manager.signals, EPOLLIN, err);
}

static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &manager.nofile) < 0)
		return;
	limit = manager.nofile;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_control(struct kinc_error *err)
{
	char directory[] = KINC_CONTROL_SOCKET;

	*strrchr(directory, '/') = '\0';
	int result = kinc_make_directories(directory, 0700, err);
	if (result < 0)
		return result;
	/* It may be a mount from the host: its mode is the host user's business then. */
	chmod(directory, 0700);
	return control_open(&manager.control, &manager, KINC_CONTROL_SOCKET, err);
}

static void decide(struct loop *loop)
{
	(void)loop;
	manager_settle(&manager);
}

static int prepare(struct unit *target, struct kinc_error *err)
{
	if (getpid() != 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (chdir("/") < 0)
		return kinc_error_errno(err, errno, "cannot enter /");
	umask(022);
	raise_limits();
	int result = loop_open(&manager.loop, err);
	/* What one event did is decided before a client can ask in the next. */
	manager.loop.after = decide;
	if (result == 0)
		result = open_signals(err);
	if (result == 0)
		result = manager_init(&manager, target, err);
	if (result == 0)
		result = logs_open(&manager.logs, &manager, err);
	if (result < 0)
		return result;
	flight_attach(&manager);
	outer_open(&manager);
	struct kinc_error why;
	if (open_control(&why) < 0)
		manager_warn(&manager, "kinc-init", why.message);
	capability_drop_unused();
	return 0;
}

/* Why a critical unit was lost decides: the system's fault, or the unit's. */
static int exit_status(void)
{
	if (!manager.lost_critical)
		return KINC_EXIT_OK;
	fprintf(stderr, "kinc-init: %s\n", manager.lost_why);
	return manager.lost_by_system ? KINC_EXIT_SYSTEM : KINC_EXIT_NOT_SO;
}

int main(int argc, char **argv)
{
	struct options options;
	struct kinc_error err;
	struct unit *target = NULL;

	ensure_streams();
	manager.started_us = loop_now_us();
	int status = options_read(&options, argc, argv);
	if (status < 0 && options.schema)
		status = unit_schema_print(stdout, &err) < 0 ? system_failure(&err) : KINC_EXIT_OK;
	if (status < 0)
		status = load_units(&options, &target);
	if (status >= 0 || !target)
		return status;
	if (options.check) {
		if (options.json)
			check_print_json(&manager.units, NULL, stdout);
		else
			(options.dot ? graph_dot : graph_print)(&manager.units, stdout);
		manager_free(&manager);
		return KINC_EXIT_OK;
	}
	manager.force = options.force;
	story_begin(manager.started_us);
	if (flight_begin(&err) < 0)
		fprintf(stderr, "kinc-init: %s\n", err.message);
	if (prepare(target, &err) < 0)
		return system_failure(&err);
	malloc_trim(0);
	story_tell("kinc-init", "version %s, pid %d, %zu units, target %s", KINC_VERSION,
		   (int)getpid(), manager.units.count, target->name);

	/* Nothing below this line may exit: when PID 1 ends, so does the node. */
	manager_start(&manager, target);
	manager_settle(&manager);
	while (manager.farewell.stage != FAREWELL_OVER) {
		loop_turn(&manager.loop);
		if (manager.stopping)
			farewell_advance(&manager);
	}

	story_tell("kinc-init", "bye");
	status = exit_status();
	flight_end(status);
	outer_end(&manager, status, manager.lost_why);
	control_close(&manager.control);
	unlink(KINC_CONTROL_SOCKET);
	manager_free(&manager);
	return status;
}
