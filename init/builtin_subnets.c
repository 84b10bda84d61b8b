/* SPDX-License-Identifier: MIT */
/*
 * The subnets of pods and services as the environment has them: one, or one of
 * each family with a comma between. CNI wants a list of ranges of the pods'.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builtin.h"
#include "ip.h"
#include "report.h"

/* Until then a feature gate of several programs, and an alpha one. */
enum { IPV6_SINCE = 22, LIST_MAX = 2 };

struct subnets {
	struct ip_prefix list[LIST_MAX];
	int count;
};

static int take(const struct variables *variables, const char *name, struct subnets *ret,
		struct kinc_error *err)
{
	const char *text = variables_get(variables, name, strlen(name));
	const char *at = text ? text : "";
	char one[IP_TEXT_MAX];

	ret->count = 0;
	do {
		size_t length = strcspn(at, ",");
		snprintf(one, sizeof(one), "%.*s", (int)(length < sizeof(one) ? length : 0), at);
		if (ret->count == LIST_MAX || prefix_parse(one, &ret->list[ret->count]) < 0)
			return kinc_error_set(err, EINVAL,
					      "%s=%s is not one subnet like 10.244.43.0/24, or one "
					      "of each family with a comma between",
					      name, text ? text : "");
		ret->count++;
		at += length;
	} while (*at++ == ',');
	if (ret->count == 2 && ret->list[0].address.family == ret->list[1].address.family)
		return kinc_error_set(err, EINVAL, "%s=%s has two subnets of one family", name,
				      text);
	return 0;
}

static int check_kubernetes(const struct variables *variables, struct kinc_error *err)
{
	static const char name[] = "KINC_KUBERNETES_VERSION";
	const char *version = variables_get(variables, name, sizeof(name) - 1);

	if (!version || strncmp(version, "v1.", 3) != 0 ||
	    strtol(version + 3, NULL, 10) >= IPV6_SINCE)
		return 0;
	return kinc_error_set(err, ENOTSUP,
			      "pods of Kubernetes %s have IPv4 alone here: take a node image of "
			      "1.%d or newer, or one IPv4 subnet",
			      version, IPV6_SINCE);
}

int builtin_subnets(const struct unit *unit, const struct builtin_context *context,
		    struct kinc_error *err)
{
	struct subnets pods = {0}, services = {0};
	char ranges[LIST_MAX * (IP_TEXT_MAX + 24)] = "", routes[80] = "", text[IP_TEXT_MAX];
	int result = take(context->variables, "KINC_POD_SUBNET", &pods, err);

	(void)unit;
	if (result == 0)
		result = take(context->variables, "KINC_SERVICE_SUBNET", &services, err);
	if (result == 0 && (pods.count == 2 || pods.list[0].address.family == AF_INET6))
		result = check_kubernetes(context->variables, err);
	if (result < 0)
		return result;
	if (pods.count != services.count ||
	    pods.list[0].address.family != services.list[0].address.family)
		return kinc_error_set(err, EINVAL,
				      "KINC_POD_SUBNET and KINC_SERVICE_SUBNET are not of the same "
				      "families, in the same order");
	for (int i = 0; i < pods.count; i++) {
		size_t used = strlen(ranges), length = strlen(routes);
		snprintf(ranges + used, sizeof(ranges) - used, "%s[{ \"subnet\": \"%s\" }]",
			 i ? ", " : "", prefix_format(&pods.list[i], text));
		snprintf(routes + length, sizeof(routes) - length, "%s{ \"dst\": \"%s\" }",
			 i ? ", " : "",
			 pods.list[i].address.family == AF_INET ? "0.0.0.0/0" : "::/0");
	}
	report_send(context->report, REPORT_VARIABLE, "POD_RANGES=%s", ranges);
	report_send(context->report, REPORT_VARIABLE, "POD_ROUTES=%s", routes);
	return 0;
}
