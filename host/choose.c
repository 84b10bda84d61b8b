/* SPDX-License-Identifier: MIT */
#include "choose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "podman.h"

/* What is told of podman's networks by `network ls`. */
static int take_podman_networks(struct network_taken *taken, struct kinc_error *err)
{
	cleanup_json cJSON *networks = NULL;
	const cJSON *one, *subnet;
	int result =
		podman_call_json(&networks, err, "network", "ls", "--format", "json", PODMAN_END);

	if (result < 0)
		return result;
	cJSON_ArrayForEach(one, networks)
	{
		cJSON_ArrayForEach(subnet, kinc_json_get(one, "subnets"))
		{
			struct ip_prefix network;
			char by[64];
			if (prefix_parse(kinc_json_string(subnet, "subnet", ""), &network) < 0)
				continue;
			snprintf(by, sizeof(by), "podman's network %.40s",
				 kinc_json_string(one, "name", "?"));
			if (network_taken_add(taken, &network, by) < 0)
				return kinc_error_errno(err, ENOMEM, "choosing subnets");
		}
	}
	return 0;
}

static int take_networks(const struct cluster_list *list, struct network_taken *taken,
			 struct kinc_error *err)
{
	int result = network_add_host(taken, err);

	for (size_t i = 0; i < list->count && result == 0; i++) {
		const struct cluster *other = &list->clusters[i];
		char by[64];
		if (!other->port)
			continue;
		snprintf(by, sizeof(by), "cluster %s", other->name);
		if (network_taken_add(taken, &other->networks.pods, by) < 0 ||
		    network_taken_add(taken, &other->networks.services, by) < 0)
			result = kinc_error_errno(err, ENOMEM, "choosing subnets");
	}
	return result < 0 ? result : take_podman_networks(taken, err);
}

/* Whether the container of `podman ps` publishes that port, now or when it is started. */
static bool publishes(const cJSON *container, int port)
{
	const cJSON *mapping;

	cJSON_ArrayForEach(mapping, kinc_json_get(container, "Ports"))
	{
		int first = kinc_json_int(mapping, "host_port", 0);
		int range = kinc_json_int(mapping, "range", 1);
		if (first > 0 && port >= first && port - first < (range > 0 ? range : 1) &&
		    strcmp(kinc_json_string(mapping, "protocol", "tcp"), "tcp") == 0)
			return true;
	}
	return false;
}

struct others {
	const struct cluster_list *clusters;
	cJSON *containers; /* all of this user */
};

static const char *port_owner(const struct others *others, int port, char by[64])
{
	const struct cluster_list *list = others->clusters;
	const cJSON *container;

	for (size_t i = 0; i < list->count; i++)
		if (list->clusters[i].port == port) {
			snprintf(by, 64, "cluster %s", list->clusters[i].name);
			return by;
		}
	cJSON_ArrayForEach(container, others->containers)
	{
		const cJSON *name = cJSON_GetArrayItem(kinc_json_get(container, "Names"), 0);
		if (!publishes(container, port))
			continue;
		snprintf(by, 64, "container %.40s",
			 cJSON_IsString(name) ? name->valuestring : "without a name");
		return by;
	}
	return network_port_free(port) ? NULL : "another program";
}

static int choose_port(const struct launch *launch, const struct others *others,
		       struct kinc_error *err)
{
	char by[64];
	bool is_default = strcmp(launch->cluster, "default") == 0;
	int first = is_default ? NETWORK_PORT_DEFAULT : NETWORK_PORT_DEFAULT + 1;

	if (launch->force_port) {
		int port = network_parse_port(launch->force_port, err);
		const char *owner = port < 0 ? NULL : port_owner(others, port, by);
		if (owner)
			return kinc_error_set(
				err, EADDRINUSE,
				"port %d is taken by %s: choose another FORCE_PORT, or "
				"none",
				port, owner);
		return port;
	}
	for (int port = first; port <= NETWORK_PORT_LAST; port++) {
		const char *owner = port_owner(others, port, by);
		if (!owner)
			return port;
		if (is_default && port == NETWORK_PORT_DEFAULT)
			launch_say("port %d is taken by %s: taking the next free one", port, owner);
	}
	return kinc_error_set(err, EADDRINUSE, "no port from %d to %d is free: set FORCE_PORT",
			      first, NETWORK_PORT_LAST);
}

int choose_place(const struct launch *launch, const struct cluster_list *list, struct cluster *ret,
		 struct kinc_error *err)
{
	cleanup_taken struct network_taken taken = {0};
	enum network_families families = config_families(ret->options);
	char why[NETWORK_WHY_MAX] = "";
	cleanup_json cJSON *containers = NULL;
	int result =
		podman_call_json(&containers, err, "ps", "--all", "--format", "json", PODMAN_END);
	const struct others others = {.clusters = list, .containers = containers};

	if (result == 0)
		result = choose_port(launch, &others, err);
	if (result < 0)
		return result;
	ret->port = result;
	result = take_networks(list, &taken, err);
	if (result == 0)
		result = network_choose(ret->port, families, &taken, &ret->networks, why, err);
	if (result == 0 && *why) {
		char pods[NETWORK_TEXT_MAX], services[NETWORK_TEXT_MAX];
		network_format(&ret->networks, families, pods, services);
		launch_say("%s: pods get %s, services %s", why, pods, services);
	}
	return result;
}

int choose_check_families(const struct cluster *cluster, const char *options,
			  struct kinc_error *err)
{
	cleanup_taken struct network_taken taken = {0};
	const struct network_pair pair =
		network_pair_of(network_pair_number(&cluster->networks), AF_INET6);
	char pods[IP_TEXT_MAX], services[IP_TEXT_MAX];
	/* No other cluster has what follows from this one's IPv4 pair. */
	const struct cluster_list none = {0};
	enum network_families before = config_families(cluster->options);
	enum network_families after = config_families(options);

	if (before != after && (before == NETWORK_IPV6 || after == NETWORK_IPV6))
		return kinc_error_set(err, EEXIST,
				      "what is in cluster %s has addresses of another family: make "
				      "another cluster, or say ipFamily as before",
				      cluster->name);
	if (before == after || after == NETWORK_IPV4)
		return 0;
	int result = take_networks(&none, &taken, err);
	const char *conflict = result < 0 ? NULL : network_pair_conflict(&pair, &taken);
	if (!conflict)
		return result;
	return kinc_error_set(err, EADDRINUSE,
			      "the IPv6 subnets of cluster %s, %s and %s, collide with %s: make "
			      "another cluster, or leave out ipFamily",
			      cluster->name, prefix_format(&pair.pods, pods),
			      prefix_format(&pair.services, services), conflict);
}

int choose_asked(const struct launch *launch, struct choose_asked *ret, struct kinc_error *err)
{
	const struct config_host host = config_host_here();
	int result = launch->config ? config_load(launch->config, &ret->config, err) : 0;

	if (result == 0 && launch->memory)
		result = config_set_memory(&ret->config, launch->memory, err);
	if (result == 0 && launch->cpus)
		result = config_set_cpus(&ret->config, launch->cpus, err);
	if (result < 0)
		return result;
	ret->configured = launch->config || launch->memory || launch->cpus;
	ret->image = *ret->config.image ? ret->config.image : NULL;
	if (launch->image)
		ret->image = launch->image;
	return config_options(&ret->config, &host, ret->options, err);
}
