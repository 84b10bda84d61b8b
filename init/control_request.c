/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "control_server.h"
#include "json.h"
#include "manager.h"
#include "signal_name.h"
#include "version.h"

struct request {
	struct manager *manager;
	const cJSON *object;
	struct unit *unit; /* NULL for commands without */
	int client;
	bool *watch, *handed;
};

static cJSON *answer_error(const char *sentence)
{
	cJSON *answer = cJSON_CreateObject();

	cJSON_AddNumberToObject(answer, "protocol", KINC_PROTOCOL);
	cJSON_AddBoolToObject(answer, "ok", false);
	cJSON_AddStringToObject(answer, "error", sentence);
	return answer;
}

static cJSON *answer_done(void)
{
	cJSON *answer = cJSON_CreateObject();

	cJSON_AddNumberToObject(answer, "protocol", KINC_PROTOCOL);
	cJSON_AddBoolToObject(answer, "ok", true);
	return answer;
}

static cJSON *do_status(const struct request *request)
{
	return status_object(request->manager);
}

static cJSON *do_watch(const struct request *request)
{
	*request->watch = true;
	return status_object(request->manager);
}

static cJSON *do_log(const struct request *request)
{
	struct manager *manager = request->manager;
	double since_ms = kinc_json_number(request->object, "since_ms", 0);
	double lines = kinc_json_number(request->object, "lines", since_ms > 0 ? LOG_LINES_MAX : 100);
	struct log_query query = {
		.unit = LOG_OF_ALL,
		.follow = kinc_json_bool(request->object, "follow", false),
	};

	if (!(lines >= 0 && lines <= LOG_LINES_MAX))
		return answer_error("lines must be from 0 to 100000000");
	if (!(since_ms >= 0 && since_ms <= 9007199254740991.0))
		return answer_error("since_ms counts milliseconds since 1970");
	query.lines = (int)lines;
	query.since_ms = (uint64_t)since_ms;
	if (request->unit) {
		query.unit = (unsigned)request->unit->index;
		if (!unit_has_process(request->unit))
			return answer_error("a target writes no log");
		if (manager->jobs[query.unit].log_pipes[0][0] < 0)
			return answer_error("its output is not kept: see the warnings of status");
	}
	if (logs_serve(&manager->logs, &query, request->client) < 0)
		return answer_error("the log helper is busy; try again");
	*request->handed = true;
	return NULL;
}

static cJSON *do_start(const struct request *request)
{
	struct job *job = &request->manager->jobs[request->unit->index];

	job->force = !job_is_active(job) && kinc_json_bool(request->object, "force", false);
	manager_start(request->manager, request->unit);
	return answer_done();
}

static cJSON *do_stop(const struct request *request)
{
	manager_stop(request->manager, request->unit);
	return answer_done();
}

static cJSON *do_restart(const struct request *request)
{
	manager_restart(request->manager, request->unit);
	return answer_done();
}

static cJSON *do_reload(const struct request *request)
{
	struct kinc_error err;

	if (job_reload(&request->manager->jobs[request->unit->index], &err) < 0)
		return answer_error(err.message);
	return answer_done();
}

static cJSON *do_kill(const struct request *request)
{
	struct job *job = &request->manager->jobs[request->unit->index];
	int number = signal_by_name(kinc_json_string(request->object, "signal", "SIGTERM"));

	if (number == 0)
		return answer_error("signal must name one, such as SIGTERM");
	if (job->main.pid <= 0)
		return answer_error("it has no process");
	job_signal(job, number);
	return answer_done();
}

static cJSON *do_shutdown(const struct request *request)
{
	manager_shutdown(request->manager, "asked by the control socket");
	return answer_done();
}

static const struct command {
	const char *name;
	enum { NO_UNIT, A_UNIT, MAYBE_UNIT } takes;
	bool changes;
	cJSON *(*run)(const struct request *request);
} commands[] = {
	{"status", NO_UNIT, false, do_status},
	{"watch", NO_UNIT, false, do_watch},
	{"log", MAYBE_UNIT, false, do_log},
	{"start", A_UNIT, true, do_start},
	{"stop", A_UNIT, true, do_stop},
	{"restart", A_UNIT, true, do_restart},
	{"reload", A_UNIT, true, do_reload},
	{"kill", A_UNIT, true, do_kill},
	{"shutdown", NO_UNIT, true, do_shutdown},
};

static cJSON *run(struct request *request)
{
	char sentence[256];
	const cJSON *version = kinc_json_get(request->object, "protocol");
	const char *name = kinc_json_string(request->object, "command", NULL);
	const char *unit = kinc_json_string(request->object, "unit", NULL);
	const struct command *command = NULL;

	if (!cJSON_IsNumber(version) || version->valuedouble != KINC_PROTOCOL) {
		snprintf(sentence, sizeof(sentence),
			 "this kinc-init speaks protocol %d, the request is of protocol %.15g; "
			 "use programs of one version",
			 KINC_PROTOCOL, cJSON_IsNumber(version) ? version->valuedouble : 0.0);
		return answer_error(sentence);
	}
	for (size_t i = 0; name && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			command = &commands[i];
	if (!command)
		return answer_error("unknown command; there are status, watch, log, start, stop, "
				    "restart, reload, kill, shutdown");
	if (command->changes && request->manager->stopping)
		return answer_error("the node is stopping");
	if (command->takes == A_UNIT || (command->takes == MAYBE_UNIT && unit)) {
		request->unit = unit ? unit_find(&request->manager->units, unit) : NULL;
		if (!request->unit) {
			snprintf(sentence, sizeof(sentence), "there is no unit \"%.100s\"",
				 unit ? unit : "");
			return answer_error(sentence);
		}
	}
	return command->run(request);
}

cJSON *control_answer(struct manager *manager, const char *line, size_t size, int client,
		      bool *ret_watch, bool *ret_handed, bool *ret_close)
{
	cleanup_json cJSON *object = cJSON_ParseWithLength(line, size);
	struct request request = {
		.manager = manager,
		.object = object,
		.client = client,
		.watch = ret_watch,
		.handed = ret_handed,
	};

	if (!cJSON_IsObject(object)) {
		*ret_close = true;
		return answer_error("a request is one JSON object on one line");
	}
	return run(&request);
}
