/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "io.h"
#include "json_span.h"

#define CONFIG_MAX_SIZE (64U << 10)

/*
 * Is the file in a directory where others could put a link in its place? Asked
 * of the directory itself, whatever links and dots lead to it. One that does
 * not exist takes no log either.
 */
static bool is_in_shared_directory(const char *path)
{
	static const char *const shared[] = {"/tmp", "/var/tmp", "/dev/shm"};
	char directory[PATH_MAX], real[PATH_MAX];
	struct stat status;
	int length = (int)(strrchr(path, '/') - path) + 1;

	if (snprintf(directory, sizeof(directory), "%.*s", length, path) >=
		    (int)sizeof(directory) ||
	    !realpath(directory, real) || stat(real, &status) < 0)
		return false;
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		size_t prefix = strlen(shared[i]);
		if (strncmp(real, shared[i], prefix) == 0 &&
		    (real[prefix] == '\0' || real[prefix] == '/'))
			return true;
	}
	return status.st_mode & S_IWOTH;
}

static int config_member(const struct kinc_span_doc *doc, uint32_t member, struct config *config,
			 struct kinc_error *err)
{
	const struct {
		const char *name;
		char **value;
	} known[] = {
		{"runtime", &config->runtime},
		{"log", &config->log},
		{"trace", &config->trace_dir},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!kinc_span_key_is(doc, member, known[i].name))
			continue;
		cleanup_free char *value = NULL;
		size_t length;
		int result = kinc_span_string(doc, member, &value, &length, err);
		if (result < 0)
			return result;
		if (value[0] != '/' || strlen(value) != length)
			return kinc_span_error(doc, member, err, EINVAL,
					       "\"%s\" must be an absolute path", known[i].name);
		if (known[i].value == &config->log && is_in_shared_directory(value))
			return kinc_span_error(doc, member, err, EINVAL,
					       "\"log\" must not be in a directory that "
					       "everybody can write to");
		free(*known[i].value);
		*known[i].value = steal_ptr(&value);
		return 0;
	}
	return kinc_span_error(doc, member, err, EINVAL,
			       "unknown setting; there are runtime, log and trace");
}

static int config_parse(const char *path, const char *text, size_t size, struct config *config,
			struct kinc_error *err)
{
	cleanup_span struct kinc_span_doc doc = {0};
	int result = kinc_span_parse(path, text, size, &doc, err);

	if (result < 0)
		return result;
	if (doc.nodes[0].type != KINC_SPAN_OBJECT)
		return kinc_span_error(&doc, 0, err, EINVAL, "an object is expected here");
	uint32_t twice = kinc_span_duplicate(&doc, 0);
	if (twice != KINC_SPAN_NONE)
		return kinc_span_error(&doc, twice, err, EINVAL, "this setting is given twice");
	for (uint32_t each = doc.nodes[0].child; each != KINC_SPAN_NONE && result == 0;
	     each = doc.nodes[each].next)
		result = config_member(&doc, each, config, err);
	return result;
}

int config_load(const char *path, struct config *ret_config, struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	struct kinc_error reading = {0};
	size_t size = 0;
	int result = kinc_read_file(AT_FDCWD, path, CONFIG_MAX_SIZE, &text, &size, &reading);

	*ret_config = (struct config){0};
	if (result == -ENOENT && strcmp(path, CONFIG_FILE) == 0)
		result = 0;
	else if (result < 0)
		return kinc_error_set(err, reading.code, "%s", reading.message);
	else
		result = config_parse(path, text, size, ret_config, err);
	if (result == 0 && !ret_config->runtime) {
		ret_config->runtime = strdup(CONFIG_RUNTIME);
		if (!ret_config->runtime)
			result = kinc_error_errno(err, ENOMEM, "reading %s", path);
	}
	if (result < 0)
		config_release(ret_config);
	return result;
}

void config_release(struct config *config)
{
	int saved = errno;

	free(config->runtime);
	free(config->log);
	free(config->trace_dir);
	*config = (struct config){0};
	errno = saved;
}
