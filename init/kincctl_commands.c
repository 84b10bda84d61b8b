/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "kincctl.h"

static int no_memory(struct kinc_error *err)
{
	return kinc_error_errno(err, ENOMEM, "asking kinc-init");
}

static void print_json(const cJSON *object)
{
	cleanup_free char *text = cJSON_PrintUnformatted(object);

	if (text)
		puts(text);
}

/* Sends a command and waits for its response. */
static int ask(struct kinc_control *control, const char *command, const char *unit,
	       cJSON **ret_response, struct kinc_error *err)
{
	cleanup_json cJSON *request = kinc_control_request(command, unit);

	if (!request)
		return no_memory(err);
	return kinc_control_ask(control, request, ANSWER_MS, ret_response, err);
}

/* kinc-init's own line, or what people read. */
static void print(const struct arguments *arguments, const cJSON *object,
		  void (*show)(const cJSON *object))
{
	if (arguments->json)
		print_json(object);
	else
		show(object);
}

int command_ask(struct kinc_control *control, const char *command, cJSON **ret_response,
		struct kinc_error *err)
{
	return ask(control, command, NULL, ret_response, err);
}

int command_status(struct kinc_control *control, const struct arguments *arguments,
		   struct kinc_error *err)
{
	cleanup_json cJSON *status = NULL;
	int result = ask(control, "status", NULL, &status, err);

	if (result < 0)
		return result;
	print(arguments, status, show_status);
	return strcmp(kinc_json_string(status, "state", ""), "ready") == 0 ? KINC_EXIT_OK
									    : KINC_EXIT_NOT_SO;
}

int command_watch(struct kinc_control *control, const struct arguments *arguments,
		  struct kinc_error *err)
{
	cJSON *status = NULL;
	int result = ask(control, "watch", NULL, &status, err);

	if (result < 0)
		return result;
	print(arguments, status, show_status);
	cJSON_Delete(status);
	for (;;) {
		cleanup_json cJSON *event = NULL;
		fflush(stdout);
		result = kinc_control_next(control, -1, &event, err);
		if (result == -ECONNRESET)
			return KINC_EXIT_OK;
		if (result < 0)
			return result;
		print(arguments, event, show_event);
	}
}

int command_log(struct kinc_control *control, const struct arguments *arguments,
		struct kinc_error *err)
{
	cleanup_json cJSON *request = kinc_control_request("log", arguments->unit);
	cleanup_json cJSON *response = NULL;

	if (!request || !cJSON_AddBoolToObject(request, "follow", arguments->follow) ||
	    (arguments->lines >= 0 &&
	     !cJSON_AddNumberToObject(request, "lines", arguments->lines)) ||
	    (arguments->since_ms > 0 &&
	     !cJSON_AddNumberToObject(request, "since_ms", arguments->since_ms)))
		return no_memory(err);
	int result = kinc_control_ask(control, request, ANSWER_MS, &response, err);
	while (result == 0) {
		cleanup_json cJSON *event = NULL;
		fflush(stdout);
		result = kinc_control_next(control, arguments->follow ? -1 : ANSWER_MS, &event, err);
		if (result < 0)
			break;
		print(arguments, event, arguments->unit ? show_line : show_unit_line);
	}
	return result == -ECONNRESET ? KINC_EXIT_OK : result;
}

const cJSON *status_find_unit(const cJSON *status, const char *name)
{
	const cJSON *units = kinc_json_get(status, "units");

	for (const cJSON *unit = units ? units->child : NULL; unit; unit = unit->next)
		if (strcmp(kinc_json_string(unit, "name", ""), name) == 0)
			return unit;
	return NULL;
}

int command_show(struct kinc_control *control, const struct arguments *arguments,
		 struct kinc_error *err)
{
	cleanup_json cJSON *status = NULL;
	int result = ask(control, "status", NULL, &status, err);

	if (result < 0)
		return result;
	const cJSON *unit = status_find_unit(status, arguments->unit);
	if (!unit)
		return kinc_error_set(err, EREMOTEIO, "there is no unit \"%s\"", arguments->unit);
	print(arguments, unit, show_details);
	return KINC_EXIT_OK;
}

int command_kill(struct kinc_control *control, const struct arguments *arguments,
		 struct kinc_error *err)
{
	cleanup_json cJSON *response = NULL;
	cleanup_json cJSON *request = kinc_control_request("kill", arguments->unit);

	if (!request || (arguments->signal &&
			 !cJSON_AddStringToObject(request, "signal", arguments->signal)))
		return no_memory(err);
	int result = kinc_control_ask(control, request, ANSWER_MS, &response, err);
	if (result == 0 && arguments->json)
		print_json(response);
	return result;
}

/* -1: it is still on its way. */
static int outcome(const cJSON *unit, bool stopping)
{
	const char *state = kinc_json_string(unit, "state", "");
	bool stands = strcmp(state, "ready") == 0 || strcmp(state, "done") == 0 ||
		      strcmp(state, "skipped") == 0;
	bool stopped = strcmp(state, "stopped") == 0;

	if (stopping ? stopped : stands)
		return KINC_EXIT_OK;
	if (strcmp(state, "failed") == 0 || (!stopping && stopped)) {
		fprintf(stderr, "kincctl: %s %s: ", kinc_json_string(unit, "name", ""), state);
		fprintf(stderr, "%s\n", kinc_json_string(unit, "message", ""));
		return KINC_EXIT_NOT_SO;
	}
	return -1;
}

static int start_outcome(const cJSON *unit)
{
	return outcome(unit, false);
}

static int stop_outcome(const cJSON *unit)
{
	return outcome(unit, true);
}

/* -1: it is still under way. */
static int reload_outcome(const cJSON *unit)
{
	const char *fault = kinc_json_string(unit, "reload_fault", "");

	if (kinc_json_bool(unit, "reloading", false))
		return -1;
	if (!*fault)
		return KINC_EXIT_OK;
	fprintf(stderr, "kincctl: %s reload failed: %s\n", kinc_json_string(unit, "name", ""), fault);
	return KINC_EXIT_NOT_SO;
}

/* Watches over a connection of its own until the unit is where it should be. */
static int wait_for_outcome(const struct arguments *arguments, int (*outcome_of)(const cJSON *unit),
			    struct kinc_error *err)
{
	cleanup_control struct kinc_control control = KINC_CONTROL_CLOSED;
	cleanup_json cJSON *status = NULL;
	int result = kinc_control_connect(&control, arguments->socket, err);

	if (result == 0)
		result = ask(&control, "watch", NULL, &status, err);
	if (result < 0)
		return result;
	int done = outcome_of(status_find_unit(status, arguments->unit));
	while (done < 0) {
		cleanup_json cJSON *event = NULL;
		result = kinc_control_next(&control, -1, &event, err);
		if (result < 0)
			return result;
		const cJSON *unit = kinc_json_get(event, "unit");
		if (strcmp(kinc_json_string(unit, "name", ""), arguments->unit) == 0)
			done = outcome_of(unit);
	}
	return done;
}

static int change(struct kinc_control *control, const char *command,
		  int (*outcome_of)(const cJSON *unit), const struct arguments *arguments,
		  struct kinc_error *err)
{
	cleanup_json cJSON *response = NULL;
	cleanup_json cJSON *request = kinc_control_request(command, arguments->unit);

	if (!request || (arguments->force && !cJSON_AddTrueToObject(request, "force")))
		return no_memory(err);
	int result = kinc_control_ask(control, request, ANSWER_MS, &response, err);
	if (result == 0 && arguments->json)
		print_json(response);
	if (result < 0 || arguments->no_wait)
		return result;
	return wait_for_outcome(arguments, outcome_of, err);
}

int command_start(struct kinc_control *control, const struct arguments *arguments,
		  struct kinc_error *err)
{
	return change(control, "start", start_outcome, arguments, err);
}

int command_stop(struct kinc_control *control, const struct arguments *arguments,
		 struct kinc_error *err)
{
	return change(control, "stop", stop_outcome, arguments, err);
}

int command_restart(struct kinc_control *control, const struct arguments *arguments,
		    struct kinc_error *err)
{
	return change(control, "restart", start_outcome, arguments, err);
}

int command_reload(struct kinc_control *control, const struct arguments *arguments,
		   struct kinc_error *err)
{
	return change(control, "reload", reload_outcome, arguments, err);
}

int command_shutdown(struct kinc_control *control, const struct arguments *arguments,
		     struct kinc_error *err)
{
	cleanup_json cJSON *response = NULL;

	int result = ask(control, "shutdown", NULL, &response, err);
	if (result == 0 && arguments->json)
		print_json(response);
	return result;
}
