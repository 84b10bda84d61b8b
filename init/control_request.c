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
	double lines = kinc_json_number(request->object, "lines", 100);
	bool follow = kinc_json_bool(request->object, "follow", false);

	if (!(lines >= 0 && lines <= 10000))
		return answer_error("lines must be from 0 to 10000");
	if (!unit_has_process(request->unit))
		return answer_error("a target writes no log");
	if (manager->jobs[request->unit->index].log_pipe[0] < 0)
		return answer_error("its output is not kept: see the warnings of status");
	if (logs_serve(&manager->logs, &manager->jobs[request->unit->index], request->client,
		       (int)lines, follow) < 0)
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
	bool takes_unit, changes;
	cJSON *(*run)(const struct request *request);
} commands[] = {
	{"status", false, false, do_status}, {"watch", false, false, do_watch},
	{"log", true, false, do_log},	     {"start", true, true, do_start},
	{"stop", true, true, do_stop},	     {"restart", true, true, do_restart},
	{"reload", true, true, do_reload},   {"kill", true, true, do_kill},
	{"shutdown", false, true, do_shutdown},
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
	if (command->takes_unit) {
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
