/* SPDX-License-Identifier: MIT */
#include "mirror.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char host_bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

/* Labels of a host name with dots between, then a port if there is one. */
static bool is_host(const char *text)
{
	for (;;) {
		size_t length = strspn(text, host_bytes);
		if (length == 0 || length > 63 || text[0] == '-' || text[length - 1] == '-')
			return false;
		text += length;
		if (*text != '.')
			break;
		text++;
	}
	if (*text == '\0')
		return true;
	size_t digits = strspn(text + 1, "0123456789");
	long port = strtol(text + 1, NULL, 10);
	return *text == ':' && digits >= 1 && digits <= 5 && text[1 + digits] == '\0' &&
	       port >= 1 && port <= 65535;
}

const char *mirror_host(const char *url)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < 2; i++)
		if (strncmp(url, schemes[i], strlen(schemes[i])) == 0)
			return url + strlen(schemes[i]);
	return NULL;
}

int mirror_check_registry(const char *registry, struct kinc_error *err)
{
	if (strlen(registry) < MIRROR_NAME_MAX && is_host(registry))
		return 0;
	return kinc_error_set(err, EINVAL,
			      "\"%.60s\" is not a registry's name like docker.io or "
			      "registry.example:5000",
			      registry);
}

int mirror_check_url(const char *url, struct kinc_error *err)
{
	const char *host = mirror_host(url);

	if (host && strlen(url) < MIRROR_NAME_MAX && is_host(host))
		return 0;
	return kinc_error_set(err, EINVAL,
			      "\"%.60s\" is not a mirror like https://mirror.example or "
			      "http://10.0.0.1:5000, with nothing behind",
			      url);
}

int mirror_next(const char **at, struct mirror *ret, struct kinc_error *err)
{
	size_t length = strcspn(*at, ","), name = strcspn(*at, "=,");
	struct mirror mirror;

	if (**at == '\0')
		return 0;
	if ((*at)[name] != '=' || name >= sizeof(mirror.registry) ||
	    length - name > sizeof(mirror.url))
		return kinc_error_set(err, EINVAL, "\"%.60s\" is not REGISTRY=URL", *at);
	snprintf(mirror.registry, sizeof(mirror.registry), "%.*s", (int)name, *at);
	snprintf(mirror.url, sizeof(mirror.url), "%.*s", (int)(length - name - 1), *at + name + 1);
	int result = mirror_check_registry(mirror.registry, err);
	if (result == 0)
		result = mirror_check_url(mirror.url, err);
	if (result < 0)
		return result;
	*at += length + ((*at)[length] == ',');
	*ret = mirror;
	return 1;
}
