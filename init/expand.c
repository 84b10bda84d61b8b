/* SPDX-License-Identifier: MIT */
#include "expand.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

extern char **environ;

void expand_free(char **strings)
{
	for (char **at = strings; at && *at; at++)
		free(*at);
	free(strings);
}

char *expand_text(const char *text, const struct variables *variables, struct kinc_error *err)
{
	char *expanded = NULL;

	if (template_expand(text, variables, &expanded, NULL, err) == 0)
		return expanded;
	for (size_t i = 0; i < found_variable_count; i++) {
		const struct found_variable *found = &found_variables[i];
		if (err && err->code == ENOENT && strstr(err->message, found->name))
			kinc_error_set(err, ENOENT, "%s is not known yet: let the unit require %s",
				       found->name, found->builtin);
	}
	return NULL;
}

char **expand_strings(const struct strings *strings, const struct variables *variables,
		      struct kinc_error *err)
{
	char **expanded = calloc(strings->count + 1, sizeof(*expanded));

	if (!expanded) {
		kinc_error_errno(err, ENOMEM, "starting a unit");
		return NULL;
	}
	for (size_t i = 0; i < strings->count; i++) {
		expanded[i] = expand_text(strings->items[i], variables, err);
		if (!expanded[i]) {
			expand_free(expanded);
			return NULL;
		}
	}
	return expanded;
}

static bool begins_with_any(const char *line, const char *const *names)
{
	for (; *names; names++)
		if (strncmp(line, *names, strlen(*names)) == 0)
			return true;
	return false;
}

/*
 * Meant for PID 1 by who started it: children must not talk to that socket.
 * What is about its user is wrong for another, who gets his own.
 */
static bool is_private(const char *line, const struct unit *unit)
{
	static const char *const names[] = {"NOTIFY_SOCKET=", "WATCHDOG_PID=", "WATCHDOG_USEC=",
					    "LISTEN_FDS=",    "LISTEN_PID=",   "LISTEN_FDNAMES=",
					    NULL};
	static const char *const user[] = {"HOME=", "USER=", "LOGNAME=", "SHELL=", NULL};

	return begins_with_any(line, names) ||
	       (unit->process.user && begins_with_any(line, user));
}

/* Takes the line over; an earlier one of the same name is replaced. */
static bool put(char **lines, char *line)
{
	size_t name;

	if (!line)
		return false;
	name = (size_t)(strchrnul(line, '=') - line);
	for (; *lines; lines++) {
		if (strncmp(*lines, line, name) == 0 && (*lines)[name] == '=') {
			free(*lines);
			break;
		}
	}
	*lines = line;
	return true;
}

static char *format_pair(const char *name, const char *value)
{
	char *line = NULL;

	return asprintf(&line, "%s=%s", name, value) < 0 ? NULL : line;
}

static int fill(char **lines, const struct unit *unit, const struct variables *variables,
		const char *notify, struct kinc_error *err)
{
	bool done = put(lines, strdup("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
				      "/sbin:/bin"));

	for (size_t i = 0; environ[i] && done; i++)
		if (!is_private(environ[i], unit) && strchr(environ[i], '='))
			done = put(lines, strdup(environ[i]));
	for (size_t i = 0; i < variables->count && done; i++)
		done = put(lines,
			   format_pair(variables->items[i].name, variables->items[i].value));
	if (notify && done)
		done = put(lines, format_pair("NOTIFY_SOCKET", notify));
	if (unit->watchdog_s > 0 && done) {
		char number[32];
		snprintf(number, sizeof(number), "%d000000", unit->watchdog_s);
		done = put(lines, format_pair("WATCHDOG_USEC", number));
	}
	for (size_t i = 0; i < unit->environment.count && done; i++) {
		char *line = expand_text(unit->environment.items[i], variables, err);
		if (!line)
			return -err->code;
		done = put(lines, line);
	}
	return done ? 0 : kinc_error_errno(err, ENOMEM, "starting a unit");
}

char **expand_environment(const struct unit *unit, const struct variables *variables,
			  const char *notify, struct kinc_error *err)
{
	struct kinc_error why;
	size_t inherited = 0;

	while (environ[inherited])
		inherited++;
	char **lines = calloc(inherited + variables->count + unit->environment.count + 4,
			      sizeof(*lines));
	if (!lines || fill(lines, unit, variables, notify, &why) < 0) {
		kinc_error_set(err, lines ? why.code : ENOMEM, "%s",
			       lines ? why.message : "starting a unit: out of memory");
		expand_free(lines);
		return NULL;
	}
	return lines;
}
