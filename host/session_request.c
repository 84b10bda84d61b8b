/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "session.h"

void session_request_release(struct session_request *request)
{
	cJSON_Delete(request->json);
	free(request->argv);
	free(request->environment);
	*request = (struct session_request){0};
}

/* NULL-terminated; the strings stay the tree's. NULL when not all strings. */
static char **string_array(const cJSON *array)
{
	int count = cJSON_GetArraySize(array), at = 0;
	const cJSON *item;

	if (!cJSON_IsArray(array) || count > SESSION_STRINGS_MAX)
		return NULL;
	cJSON_ArrayForEach(item, array)
	{
		if (!cJSON_IsString(item))
			return NULL;
	}
	char **strings = calloc((size_t)count + 1, sizeof(char *));
	if (!strings)
		return NULL;
	cJSON_ArrayForEach(item, array)
	{
		strings[at++] = item->valuestring;
	}
	return strings;
}

static int parse(struct session_request *request, struct kinc_error *err)
{
	int protocol = kinc_json_int(request->json, "protocol", 0);

	if (!cJSON_IsObject(request->json))
		return kinc_error_set(err, EINVAL, "the request is not JSON");
	if (protocol != SESSION_PROTOCOL)
		return kinc_error_set(err, EPROTO,
				      "the client speaks session protocol %d, this ground %d: "
				      "unground, and ground again with the same kinc-launch",
				      protocol, SESSION_PROTOCOL);
	request->argv = string_array(kinc_json_get(request->json, "argv"));
	request->environment = string_array(kinc_json_get(request->json, "environment"));
	request->directory = kinc_json_string(request->json, "directory", "/");
	if (!request->argv || !request->argv[0] || !request->environment)
		return kinc_error_set(err, EINVAL, "the request names no command");
	for (char **variable = request->environment; *variable; variable++)
		if (!strchr(*variable, '=') || **variable == '=')
			return kinc_error_set(err, EINVAL, "\"%s\" is not a variable", *variable);
	return 0;
}

int session_request_parse(const char *text, size_t size, struct session_request *ret,
			  struct kinc_error *err)
{
	struct session_request request = {.json = cJSON_ParseWithLength(text, size)};
	int result = parse(&request, err);

	if (result < 0)
		session_request_release(&request);
	else
		*ret = request;
	return result;
}
