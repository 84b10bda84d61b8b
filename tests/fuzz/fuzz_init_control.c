/* SPDX-License-Identifier: MIT */
/* Requests on the control socket, up to the manager, which only counts here. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "init/control_request.c"
#include "init/json_print.c"
#include "init/json_tree.c"
#include "init/signal_name.c"

static struct unit unit = {.name = (char *)"a", .type = UNIT_SERVICE};
static int calls;

struct unit *unit_find(const struct unit_set *set, const char *name)
{
	(void)set;
	return strcmp(name, "a") == 0 ? &unit : NULL;
}
bool unit_has_process(const struct unit *of)
{
	return of->type != UNIT_TARGET;
}
cJSON *status_object(const struct manager *manager)
{
	(void)manager;
	return cJSON_CreateObject();
}
int logs_serve(struct logs *logs, const struct log_query *query, int client)
{
	(void)logs, (void)client;
	return query->lines < 0 || query->lines > LOG_LINES_MAX ? (abort(), 0) : 0;
}
void job_signal(struct job *job, int number)
{
	calls += job && (number < 1 || number > SIGRTMAX ? (abort(), 0) : 1);
}
int job_reload(struct job *job, struct kinc_error *err)
{
	calls += job != NULL;
	return kinc_error_set(err, EBUSY, "as asked");
}
#define COUNTED(name, what)                                                                        \
	void name(struct manager *manager, what)                                                   \
	{                                                                                          \
		calls += manager && asked;                                                         \
	}
COUNTED(manager_start, struct unit *asked)
COUNTED(manager_stop, struct unit *asked)
COUNTED(manager_restart, struct unit *asked)
COUNTED(manager_shutdown, const char *asked)
bool job_is_active(const struct job *job)
{
	return job->state == JOB_READY;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct job job = {.main = {.pid = 2}};
	struct manager manager = {.jobs = &job};
	bool watch = false, handed = false, close_it = false;

	cJSON_Delete(control_answer(&manager, (const char *)data, size, -1, &watch, &handed,
				    &close_it));
	return 0;
}
