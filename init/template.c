/* SPDX-License-Identifier: MIT */
#include "template.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

static const char name_first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char name_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

/* Those of cgroup are settings of the kubelet, as far as the delegation allows them. */
const struct found_variable found_variables[] = {
	{"NODE_IP", "node-address", "192.0.2.1"},
	{"POD_RANGES", "subnets", "[{}]"},
	{"POD_ROUTES", "subnets", "{}"},
	{"CGROUPS_PER_QOS", "cgroup", "true"},
	{"ENFORCE_NODE_ALLOCATABLE", "cgroup", "pods"},
};
const size_t found_variable_count = sizeof(found_variables) / sizeof(found_variables[0]);

const char *variables_get(const struct variables *variables, const char *name, size_t length)
{
	for (size_t i = 0; i < variables->count; i++)
		if (strlen(variables->items[i].name) == length &&
		    memcmp(variables->items[i].name, name, length) == 0)
			return variables->items[i].value;
	return NULL;
}

int variables_set(struct variables *variables, const char *name, const char *value,
		  struct kinc_error *err)
{
	size_t at = 0;

	while (at < variables->count && strcmp(variables->items[at].name, name) != 0)
		at++;
	if (at == VARIABLES_MAX)
		return kinc_error_set(err, ENOSPC, "more than %d KINC_ variables", VARIABLES_MAX);
	struct variable *variable = &variables->items[at];
	char *copy = strdup(value);
	if (copy && at == variables->count)
		variable->name = strdup(name);
	if (!copy || !variable->name) {
		free(copy);
		return kinc_error_errno(err, ENOMEM, "variable %s", name);
	}
	free(variable->value);
	variable->value = copy;
	if (at == variables->count)
		variables->count++;
	return 0;
}

void variables_unset(struct variables *variables, const char *name)
{
	for (size_t i = 0; i < variables->count; i++) {
		if (strcmp(variables->items[i].name, name) != 0)
			continue;
		free(variables->items[i].name);
		free(variables->items[i].value);
		variables->items[i] = variables->items[--variables->count];
		variables->items[variables->count] = (struct variable){0};
		return;
	}
}

int variables_from_environment(struct variables *variables, char *const *environment,
			       struct kinc_error *err)
{
	for (; *environment; environment++) {
		const char *equals = strchr(*environment, '=');
		if (!equals || strncmp(*environment, "KINC_", 5) != 0)
			continue;
		char name[128];
		size_t length = (size_t)(equals - *environment);
		if (length >= sizeof(name))
			continue;
		memcpy(name, *environment, length);
		name[length] = '\0';
		int result = variables_set(variables, name, equals + 1, err);
		if (result < 0)
			return result;
	}
	return 0;
}

void variables_free(struct variables *variables)
{
	for (size_t i = 0; i < variables->count; i++) {
		free(variables->items[i].name);
		free(variables->items[i].value);
	}
	variables->count = 0;
}

bool template_next(const char *text, size_t *offset, const char **ret_name, size_t *ret_length)
{
	for (const char *at = strstr(text + *offset, "{{"); at; at = strstr(at, "{{")) {
		if (strncmp(at, "{{{{", 4) == 0) {
			at += 4;
			continue;
		}
		const char *name = at + 2;
		size_t length = strchr(name_first, *name) && *name ? strspn(name, name_bytes) : 0;
		if (strncmp(name + length, "}}", 2) != 0)
			length = 0;
		*ret_name = name;
		*ret_length = length;
		*offset = (size_t)(name - text) + (length ? length + 2 : 0);
		return true;
	}
	return false;
}

/* Appends text to the stream with {{{{ made {{. */
static void put_plain(FILE *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (size - i >= 4 && memcmp(text + i, "{{{{", 4) == 0) {
			fputs("{{", out);
			i += 3;
		} else {
			fputc(text[i], out);
		}
	}
}

int template_expand(const char *text, const struct variables *variables, char **ret_text,
		    size_t *ret_offset, struct kinc_error *err)
{
	cleanup_free char *expanded = NULL;
	size_t size = 0, offset = 0, done = 0, length;
	const char *name;
	int result = 0;
	FILE *out = open_memstream(&expanded, &size);

	if (!out)
		return kinc_error_errno(err, ENOMEM, "expanding a template");
	while (result == 0 && template_next(text, &offset, &name, &length)) {
		size_t start = (size_t)(name - text) - 2;
		const char *value = variables_get(variables, name, length);
		if (value) {
			put_plain(out, text + done, start - done);
			fputs(value, out);
			done = offset;
			continue;
		}
		if (ret_offset)
			*ret_offset = start;
		if (length == 0)
			result = kinc_error_set(err, EINVAL,
						"{{ starts no variable such as {{NODE_NAME}}; "
						"write {{{{ for two braces");
		else
			result = kinc_error_set(err, ENOENT, "unknown variable {{%.*s}}",
						(int)length, name);
	}
	if (result == 0)
		put_plain(out, text + done, strlen(text + done));
	if (fclose(out) != 0 && result == 0)
		result = kinc_error_errno(err, ENOMEM, "expanding a template");
	if (result == 0)
		*ret_text = steal_ptr(&expanded);
	return result;
}
