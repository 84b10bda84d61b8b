/* SPDX-License-Identifier: MIT */
/* What becomes of a configuration: options of podman, and of the label that keeps them. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

enum { MEMORY_MIN_MIB = 512, CPUS_MAX = 1024 };

const char config_word_characters[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@:=,[]";

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

int config_set_memory(struct config *config, const char *value, struct kinc_error *err)
{
	char *unit = NULL;
	unsigned long long number = strtoull(value, &unit, 10), mib = 0;

	if (*value >= '0' && *value <= '9' && strlen(value) < 8) {
		if (strcmp(unit, "m") == 0 || strcmp(unit, "Mi") == 0)
			mib = number;
		else if (strcmp(unit, "g") == 0 || strcmp(unit, "Gi") == 0)
			mib = number * 1024;
	}
	if (mib < MEMORY_MIN_MIB)
		return kinc_error_set(err, EINVAL,
				      "memory \"%.40s\" is not a number with m or g, %dm at the "
				      "least",
				      value, MEMORY_MIN_MIB);
	snprintf(config->memory, sizeof(config->memory), "%llum", mib);
	return 0;
}

int config_set_cpus(struct config *config, const char *value, struct kinc_error *err)
{
	size_t whole = strspn(value, "0123456789");
	size_t part = value[whole] == '.' ? strspn(value + whole + 1, "0123456789") : 0;
	bool fits = whole > 0 && whole <= 4 && part <= 3 &&
		    value[whole + (value[whole] == '.' ? 1 + part : 0)] == '\0' &&
		    (value[whole] != '.' || part > 0);
	double number = fits ? strtod(value, NULL) : 0;

	if (number < 0.1 || number > CPUS_MAX)
		return kinc_error_set(err, EINVAL, "cpus \"%.40s\" is not a number like 2 or 1.5",
				      value);
	snprintf(config->cpus, sizeof(config->cpus), "%s", value);
	return 0;
}

struct config_host config_host_here(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct config_host host = {0};

	if (pages > 0 && size > 0)
		host.memory_mib = (unsigned long long)pages * (unsigned long long)size >> 20;
	if (cpus > 0)
		host.cpus = (unsigned long)cpus;
	return host;
}

/*
 * A kubelet counts what the whole machine has, whatever its cgroup's limits are.
 * What is beyond them it takes for reserved, and the scheduler does not use it.
 */
static void reserve(const struct config *config, const struct config_host *host, char *text,
		    size_t size)
{
	unsigned long long mib = strtoull(config->memory, NULL, 10);
	unsigned long milli = (unsigned long)(strtod(config->cpus, NULL) * 1000 + 0.5);
	size_t used = 0;

	text[0] = '\0';
	if (milli && milli < host->cpus * 1000)
		used = (size_t)snprintf(text, size, "cpu=%lum", host->cpus * 1000 - milli);
	if (mib && mib < host->memory_mib)
		snprintf(text + used, size - used, "%smemory=%lluMi", used ? "," : "",
			 host->memory_mib - mib);
}

enum network_families config_families(const char *options)
{
	static const char name[] = "--env=KINC_IP_FAMILY=";
	const char *found = strstr(options, name);

	if (!found || (found != options && found[-1] != ';'))
		return NETWORK_IPV4;
	found += sizeof(name) - 1;
	size_t length = strcspn(found, ";");
	if (length == 4 && strncmp(found, "dual", 4) == 0)
		return NETWORK_DUAL;
	return length == 4 && strncmp(found, "ipv6", 4) == 0 ? NETWORK_IPV6 : NETWORK_IPV4;
}

/*
 * IPv6 in the node's own network too: what podman leaves out unless it is told. A
 * node without IPv4 cannot do without, and not every host has it for pasta to copy.
 */
static const char *network_option(const struct config *config)
{
	bool six = strcmp(config->family, "ipv6") == 0;
	bool any = six || strcmp(config->family, "dual") == 0;

	if ((any && strcmp(config->network, "slirp4netns") == 0) || (six && !*config->network))
		return "slirp4netns:enable_ipv6=true";
	return config->network;
}

int config_options(const struct config *config, const struct config_host *host,
		   char text[CONFIG_OPTIONS_MAX], struct kinc_error *err)
{
	char reserved[80];
	const struct {
		const char *option, *value;
	} parts[] = {
		{"--memory=", config->memory},
		{"--cpus=", config->cpus},
		{"--network=", network_option(config)},
		{"--env=KINC_IP_FAMILY=", strcmp(config->family, "ipv4") == 0 ? "" : config->family},
		{"--env=KINC_SYSTEM_RESERVED=", reserved},
		{"--env=KINC_FEATURE_GATES=", config->gates},
		{"--env=KINC_REGISTRY_MIRRORS=", config->mirrors},
		{"", config->options},
	};
	size_t used = 0;

	reserve(config, host, reserved, sizeof(reserved));
	text[0] = '\0';
	for (size_t i = 0; i < COUNT(parts); i++) {
		if (!*parts[i].value)
			continue;
		used += (size_t)snprintf(text + used, CONFIG_OPTIONS_MAX - used, "%s%s%s",
					 used ? ";" : "", parts[i].option, parts[i].value);
		if (used >= CONFIG_OPTIONS_MAX)
			return kinc_error_set(err, E2BIG, "the configuration asks for too much");
	}
	return 0;
}

int config_check_options(const char *text)
{
	static const char *const allowed[] = {
		"--memory=", "--cpus=", "--network=", "--publish=", "--volume=", "--env=KINC_"};

	if (strlen(text) >= CONFIG_OPTIONS_MAX)
		return -E2BIG;
	while (*text) {
		size_t length = strcspn(text, ";");
		bool known = false;
		for (size_t i = 0; i < COUNT(allowed); i++)
			known = known || strncmp(text, allowed[i], strlen(allowed[i])) == 0;
		if (!known || strspn(text, config_word_characters) < length)
			return -EINVAL;
		text += length;
		text += *text == ';';
	}
	return 0;
}
