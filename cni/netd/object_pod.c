/* SPDX-License-Identifier: MIT */
#include "object_pod.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "json.h"
#include "object_policy.h"

#define PORTS_MAX 1024
#define TEXT_MAX 256

static int add_address(struct pod_spec *pod, const char *text, struct kinc_error *err)
{
	struct ip_address address;

	if (ip_parse(text, &address) < 0)
		return kinc_error_set(err, EINVAL, "status: \"%.60s\" is no address", text);
	for (size_t i = 0; i < pod->address_count; i++)
		if (ip_equal(&pod->addresses[i], &address))
			return 0;
	if (pod->address_count == POD_ADDRESSES_MAX)
		return kinc_error_set(err, EINVAL, "status.podIPs has more than %d addresses",
				      POD_ADDRESSES_MAX);
	pod->addresses[pod->address_count++] = address;
	return 0;
}

static int parse_addresses(const cJSON *status, struct pod_spec *pod, struct kinc_error *err)
{
	const cJSON *item;
	const char *text = kinc_json_string(status, "podIP", "");
	int result = *text ? add_address(pod, text, err) : 0;

	cJSON_ArrayForEach(item, kinc_json_get(status, "podIPs"))
	{
		text = kinc_json_string(item, "ip", "");
		if (result == 0 && *text)
			result = add_address(pod, text, err);
	}
	return result;
}

static int parse_ports(const cJSON *containers, struct pod_spec *pod, struct kinc_error *err)
{
	const cJSON *container, *item;
	size_t capacity = pod->port_count;

	cJSON_ArrayForEach(container, containers)
	{
		cJSON_ArrayForEach(item, kinc_json_get(container, "ports"))
		{
			const char *name = kinc_json_string(item, "name", "");
			struct pod_port port = {.protocol = protocol_parse(
							kinc_json_string(item, "protocol", "TCP"))};
			int number = kinc_json_int(item, "containerPort", 0);
			if (!*name || !port.protocol || number < 1 || number > 65535)
				continue;
			if (pod->port_count == PORTS_MAX || strlen(name) > TEXT_MAX)
				return kinc_error_set(err, EINVAL,
						      "spec.containers: more than %d "
						      "named ports, or a name too long",
						      PORTS_MAX);
			port.number = (unsigned)number;
			port.name = alloc_text(name);
			pod->ports = alloc_grow(pod->ports, pod->port_count, &capacity,
						sizeof(*pod->ports));
			pod->ports[pod->port_count++] = port;
		}
	}
	return 0;
}

static int parse(const cJSON *object, struct pod_spec *pod, struct kinc_error *err)
{
	const cJSON *metadata = kinc_json_get(object, "metadata");
	const cJSON *spec = kinc_json_get(object, "spec");
	const cJSON *state = kinc_json_get(object, "status");
	const char *uid = kinc_json_string(metadata, "uid", "");
	const char *node = kinc_json_string(spec, "nodeName", "");
	const char *phase = kinc_json_string(state, "phase", "");
	int status = labels_parse(kinc_json_get(metadata, "labels"), &pod->labels, err);

	if (status == 0)
		status = parse_addresses(state, pod, err);
	if (status == 0)
		status = parse_ports(kinc_json_get(spec, "containers"), pod, err);
	/* Sidecars are init containers that go on. */
	if (status == 0)
		status = parse_ports(kinc_json_get(spec, "initContainers"), pod, err);
	if (status == 0 && (strlen(uid) > TEXT_MAX || strlen(node) > TEXT_MAX))
		status = kinc_error_set(err, EINVAL, "its uid or node has more than %d bytes",
					TEXT_MAX);
	if (status < 0)
		return status;
	snprintf(pod->created, sizeof(pod->created), "%s",
		 kinc_json_string(metadata, "creationTimestamp", ""));
	pod->uid = alloc_text(uid);
	pod->node = alloc_text(node);
	pod->host_network = kinc_json_bool(spec, "hostNetwork", false);
	pod->terminal = strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0;
	return 0;
}

int pod_spec_parse(const cJSON *object, struct pod_spec *ret_spec, struct kinc_error *err)
{
	struct pod_spec pod = {0};
	int status = parse(object, &pod, err);

	if (status < 0)
		pod_spec_release(&pod);
	else
		*ret_spec = pod;
	return status;
}

void pod_spec_release(struct pod_spec *spec)
{
	labels_release(&spec->labels);
	for (size_t i = 0; i < spec->port_count; i++)
		free(spec->ports[i].name);
	free(spec->ports);
	free(spec->uid);
	free(spec->node);
	*spec = (struct pod_spec){0};
}
