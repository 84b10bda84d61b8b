/* SPDX-License-Identifier: MIT */
#include "resources.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "io.h"
#include "manager.h"

/* The head of a file of the cgroup; false when it cannot be read. */
static bool read_head(int cgroup, const char *file, char *text, size_t size)
{
	int fd = openat(cgroup, file, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, text, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (got < 0)
		return false;
	text[got] = '\0';
	return true;
}

/* The number behind a key of a file with lines "key number". */
static bool read_key(int cgroup, const char *file, const char *key, uint64_t *ret)
{
	char text[2048];
	size_t length = strlen(key);

	if (!read_head(cgroup, file, text, sizeof(text)))
		return false;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0 && line[length] == ' ') {
			*ret = strtoull(line + length + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

uint64_t resources_oom_kills(int cgroup)
{
	uint64_t count = 0;

	return cgroup >= 0 && read_key(cgroup, "memory.events", "oom_kill", &count) ? count : 0;
}

void resources_apply(struct job *job)
{
	const char *name = job->unit->name;
	char text[300], enable[32];
	struct kinc_error err = {0};

	for (const struct resource_spec *spec = job->unit->process.resources; spec;
	     spec = spec->next) {
		if (job->cgroup < 0) {
			snprintf(text, sizeof(text),
				 "%s: its \"resources\" do not hold: there is no cgroup v2 that "
				 "could be written",
				 name);
			manager_warn(job->manager, name, text);
			return;
		}
		snprintf(enable, sizeof(enable), "+%.*s", (int)strcspn(spec->file, "."), spec->file);
		kinc_write_existing(AT_FDCWD, CGROUP_UNITS "/cgroup.subtree_control", enable, NULL);
		if (faccessat(job->cgroup, spec->file, F_OK, 0) < 0)
			snprintf(text, sizeof(text),
				 "%s: %s does not hold: there is no %s; the cgroup controller \"%s\" "
				 "is not delegated, or has none in this kernel",
				 name, spec->key, spec->file, enable + 1);
		else if (kinc_write_existing(job->cgroup, spec->file, spec->value, &err) < 0)
			snprintf(text, sizeof(text), "%s: %s does not hold: %.200s", name,
				 spec->key, err.message);
		else
			continue;
		manager_warn(job->manager, name, text);
	}
}

static void add_number(cJSON *object, const char *name, int cgroup, const char *file)
{
	char text[64];
	char *end;

	if (read_head(cgroup, file, text, sizeof(text))) {
		unsigned long long value = strtoull(text, &end, 10);
		if (end != text) {
			cJSON_AddNumberToObject(object, name, (double)value);
			return;
		}
	}
	cJSON_AddNullToObject(object, name);
}

cJSON *resources_object(const struct job *job)
{
	uint64_t value;

	if (job->cgroup < 0)
		return cJSON_CreateNull();
	cJSON *object = cJSON_CreateObject();
	add_number(object, "memory_bytes", job->cgroup, "memory.current");
	add_number(object, "memory_peak_bytes", job->cgroup, "memory.peak");
	add_number(object, "memory_max_bytes", job->cgroup, "memory.max");
	add_number(object, "pids", job->cgroup, "pids.current");
	/* cpu.stat is there without the controller too. */
	if (read_key(job->cgroup, "cpu.stat", "usage_usec", &value))
		cJSON_AddNumberToObject(object, "cpu_ms", (double)value / 1e3);
	else
		cJSON_AddNullToObject(object, "cpu_ms");
	if (read_key(job->cgroup, "memory.events", "oom_kill", &value))
		cJSON_AddNumberToObject(object, "oom_kills", (double)value);
	else
		cJSON_AddNullToObject(object, "oom_kills");
	return object;
}
