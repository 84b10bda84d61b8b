/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool environment_travels(const char *variable)
{
	static const char *const prefixes[] = {
		"TERM=",	 "LANG=",	 "LC_",		"TZ=",		"COLUMNS=",
		"LINES=",	 "NO_COLOR=",	 "CI=",		"KINC_",	"FORCE_PORT=",
		"CLUSTER_NAME=", "KUBECONFIG=",	 "HTTP_PROXY=", "HTTPS_PROXY=", "NO_PROXY=",
		"http_proxy=",	 "https_proxy=", "no_proxy=",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (strncmp(variable, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

void environment_reduce(void)
{
	char **kept = environ;

	for (char **at = environ; at && *at; at++)
		if (environment_travels(*at))
			*kept++ = *at;
	if (kept)
		*kept = NULL;
}
