/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: services are found by namespace and name, and carry
 * their slices in a list; a slice that comes first makes a service that is not
 * known yet. Addresses lead back to services (cluster IP) and endpoints. An
 * object is read into a new struct first and takes the place of the old one
 * when all of it was understood.
 */
#include "dns_records.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "json.h"

#define LABEL_MAX 63
#define PORTS_MAX 1000
#define ENDPOINTS_MAX 10000 /* a slice has 1000 at the most */

static uint64_t hash_address(const struct ip_address *address)
{
	return hash_bytes(HASH_START, address->bytes, ip_size(address->family));
}

static char *lower(const char *text)
{
	char *copy = alloc_text(text);

	for (char *at = copy; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return copy;
}

static bool is_label(const char *text)
{
	size_t length = text ? strlen(text) : 0;

	return length > 0 && length <= LABEL_MAX && !strchr(text, '.');
}

static void free_ports(struct dns_port *ports, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(ports[i].name);
		free(ports[i].protocol);
	}
	free(ports);
}

/* Both kinds of object have ports alike. */
static int read_ports(const cJSON *array, struct dns_port **ret_ports, size_t *ret_count,
		      struct kinc_error *err)
{
	size_t count = 0, total = (size_t)cJSON_GetArraySize(array);
	const cJSON *item;

	*ret_ports = NULL;
	*ret_count = 0;
	if (total == 0)
		return 0;
	if (total > PORTS_MAX)
		return kinc_error_set(err, EINVAL, "it has %zu ports", total);
	struct dns_port *ports = alloc(total, sizeof(*ports));
	cJSON_ArrayForEach(item, array)
	{
		const char *name = kinc_json_string(item, "name", "");
		int number = kinc_json_int(item, "port", 0);
		if (!is_label(name) || number < 1 || number > 65535)
			continue;
		ports[count++] =
			(struct dns_port){lower(name),
					  lower(kinc_json_string(item, "protocol", "TCP")),
					  (uint16_t)number};
	}
	*ret_ports = ports;
	*ret_count = count;
	return 0;
}

static struct dns_service *find_service(const struct dns_records *records, const char *namespace,
					const char *name)
{
	struct table_node *node = NULL;

	while ((node = table_find(&records->services, table_hash_pair(namespace, name), node))) {
		struct dns_service *service = table_entry(node, struct dns_service, by_name);
		if (strcmp(service->name, name) == 0 && strcmp(service->namespace, namespace) == 0)
			return service;
	}
	return NULL;
}

/* A namespace is there as long as a service is in it. */
struct namespace_node {
	struct table_node node;
	unsigned uses;
	char name[];
};

static struct namespace_node *find_namespace(const struct dns_records *records, const char *name)
{
	struct table_node *node = NULL;

	while ((node = table_find(&records->namespaces, table_hash(name), node))) {
		struct namespace_node *found = table_entry(node, struct namespace_node, node);
		if (strcmp(found->name, name) == 0)
			return found;
	}
	return NULL;
}

static void use_namespace(struct dns_records *records, const char *name)
{
	struct namespace_node *found = find_namespace(records, name);

	if (!found) {
		found = alloc(1, sizeof(*found) + strlen(name) + 1);
		memcpy(found->name, name, strlen(name) + 1);
		table_add(&records->namespaces, &found->node, table_hash(name));
	}
	found->uses++;
}

static void leave_namespace(struct dns_records *records, const char *name)
{
	struct namespace_node *found = find_namespace(records, name);

	assert(found);
	if (--found->uses == 0) {
		table_remove(&records->namespaces, &found->node);
		free(found);
	}
}

static struct dns_service *make_service(struct dns_records *records, const char *namespace,
					const char *name)
{
	struct dns_service *service = alloc(1, sizeof(*service));

	service->namespace = alloc_text(namespace);
	service->name = alloc_text(name);
	use_namespace(records, namespace);
	table_add(&records->services, &service->by_name, table_hash_pair(namespace, name));
	return service;
}

/* What the object said goes; the slices stay. */
static void clear_service(struct dns_records *records, struct dns_service *service)
{
	for (size_t i = 0; i < service->cluster_count; i++)
		table_remove(&records->clusters, &service->cluster[i].by_address);
	free_ports(service->ports, service->port_count);
	free(service->external);
	service->cluster_count = service->port_count = 0;
	service->ports = NULL;
	service->external = NULL;
	service->known = service->headless = service->publish_unready = false;
}

static void drop_service_if_empty(struct dns_records *records, struct dns_service *service)
{
	if (service->known || service->slices)
		return;
	table_remove(&records->services, &service->by_name);
	leave_namespace(records, service->namespace);
	free(service->namespace);
	free(service->name);
	free(service);
}

static int read_identity(const cJSON *object, const char **ret_namespace, const char **ret_name,
			 struct kinc_error *err)
{
	const cJSON *metadata = kinc_json_get(object, "metadata");

	*ret_namespace = kinc_json_string(metadata, "namespace", NULL);
	*ret_name = kinc_json_string(metadata, "name", NULL);
	if (!*ret_namespace || !*ret_name || !**ret_name || !is_label(*ret_namespace))
		return kinc_error_set(err, EINVAL, "an object has no name or namespace");
	return 0;
}

static int read_cluster_ips(const cJSON *spec, struct dns_service *service, struct kinc_error *err)
{
	const cJSON *array = kinc_json_get(spec, "clusterIPs"), *item;
	const char *single = kinc_json_string(spec, "clusterIP", "");

	if (strcmp(single, "None") == 0) {
		service->headless = true;
		return 0;
	}
	cJSON_ArrayForEach(item, array)
	{
		const char *text = cJSON_IsString(item) ? item->valuestring : "";
		if (service->cluster_count == DNS_CLUSTER_IPS)
			break;
		if (ip_parse(text, &service->cluster[service->cluster_count].address) < 0)
			return kinc_error_set(err, EINVAL, "clusterIP \"%s\" is none", text);
		service->cluster_count++;
	}
	if (service->cluster_count == 0 && *single) {
		if (ip_parse(single, &service->cluster[0].address) < 0)
			return kinc_error_set(err, EINVAL, "clusterIP \"%s\" is none", single);
		service->cluster_count = 1;
	}
	return 0;
}

static int read_service(const cJSON *spec, struct dns_service *service, struct kinc_error *err)
{
	if (strcmp(kinc_json_string(spec, "type", ""), "ExternalName") == 0) {
		service->external = lower(kinc_json_string(spec, "externalName", ""));
		size_t length = strlen(service->external);
		if (length && service->external[length - 1] == '.')
			service->external[length - 1] = '\0';
		return 0;
	}
	service->publish_unready = kinc_json_bool(spec, "publishNotReadyAddresses", false);
	int result = read_cluster_ips(spec, service, err);
	return result < 0 ? result
			  : read_ports(kinc_json_get(spec, "ports"), &service->ports,
				       &service->port_count, err);
}

int dns_records_service(struct dns_records *records, const cJSON *object,
			enum object_change change, struct kinc_error *err)
{
	struct dns_service fresh = {0};
	const char *namespace, *name;
	int result = read_identity(object, &namespace, &name, err);

	if (result < 0)
		return result;
	struct dns_service *service = find_service(records, namespace, name);
	if (change == OBJECT_GONE) {
		if (service) {
			clear_service(records, service);
			drop_service_if_empty(records, service);
		}
		return 0;
	}
	if (service)
		service->mark = records->mark[OBJECT_SERVICE];
	result = read_service(kinc_json_get(object, "spec"), &fresh, err);
	if (result < 0) {
		free_ports(fresh.ports, fresh.port_count);
		free(fresh.external);
		return kinc_error_prefix(err, "service %s/%s", namespace, name), result;
	}
	if (!service)
		service = make_service(records, namespace, name);
	clear_service(records, service);
	service->known = true;
	service->headless = fresh.headless;
	service->publish_unready = fresh.publish_unready;
	service->external = fresh.external;
	service->ports = fresh.ports;
	service->port_count = fresh.port_count;
	service->cluster_count = fresh.cluster_count;
	for (size_t i = 0; i < fresh.cluster_count; i++) {
		struct dns_address *address = &service->cluster[i];
		*address = (struct dns_address){.service = service,
						.address = fresh.cluster[i].address};
		table_add(&records->clusters, &address->by_address,
			  hash_address(&address->address));
	}
	service->mark = records->mark[OBJECT_SERVICE];
	return 0;
}

static struct dns_slice *find_slice(const struct dns_records *records, const char *namespace,
				    const char *name)
{
	struct table_node *node = NULL;

	while ((node = table_find(&records->slices, table_hash_pair(namespace, name), node))) {
		struct dns_slice *slice = table_entry(node, struct dns_slice, by_name);
		if (strcmp(slice->name, name) == 0 &&
		    strcmp(slice->service->namespace, namespace) == 0)
			return slice;
	}
	return NULL;
}

static void free_slice(struct dns_slice *slice)
{
	free_ports(slice->ports, slice->port_count);
	for (size_t i = 0; i < slice->endpoint_count; i++)
		free(slice->endpoints[i].hostname);
	free(slice->endpoints);
	free(slice->name);
	free(slice);
}

static void drop_slice(struct dns_records *records, struct dns_slice *slice)
{
	struct dns_service *service = slice->service;
	struct dns_slice **link = &service->slices;

	while (*link != slice)
		link = &(*link)->next;
	*link = slice->next;
	for (size_t i = 0; i < slice->endpoint_count; i++)
		table_remove(&records->endpoints, &slice->endpoints[i].by_address);
	records->endpoint_count -= slice->endpoint_count;
	table_remove(&records->slices, &slice->by_name);
	free_slice(slice);
	drop_service_if_empty(records, service);
}

/* "10-244-43-5", "2001-db8--1": what CoreDNS calls endpoints without a name. */
static char *name_address(const struct ip_address *address)
{
	char text[IP_TEXT_MAX];

	ip_format(address, text);
	for (char *at = text; *at; at++)
		if (*at == '.' || *at == ':')
			*at = '-';
	return alloc_text(text);
}

static void read_endpoint(const cJSON *item, struct dns_slice *slice)
{
	const cJSON *first = cJSON_GetArrayItem(kinc_json_get(item, "addresses"), 0);
	const cJSON *conditions = kinc_json_get(item, "conditions");
	const char *hostname = kinc_json_string(item, "hostname", "");
	struct dns_endpoint *endpoint = &slice->endpoints[slice->endpoint_count];

	/* An address of type FQDN is none that a record could have. */
	if (!cJSON_IsString(first) || ip_parse(first->valuestring, &endpoint->address) < 0)
		return;
	/* Not said means ready. */
	endpoint->ready = kinc_json_bool(conditions, "ready", true);
	endpoint->slice = slice;
	endpoint->hostname =
		is_label(hostname) ? lower(hostname) : name_address(&endpoint->address);
	slice->endpoint_count++;
}

static int read_slice(const cJSON *object, const char *name, struct dns_slice *slice,
		      struct kinc_error *err)
{
	const cJSON *endpoints = kinc_json_get(object, "endpoints"), *item;
	size_t total = (size_t)cJSON_GetArraySize(endpoints);

	if (total > ENDPOINTS_MAX)
		return kinc_error_set(err, EINVAL, "it has %zu endpoints", total);
	slice->name = alloc_text(name);
	slice->endpoints = alloc(total, sizeof(*slice->endpoints));
	cJSON_ArrayForEach(item, endpoints)
	{
		read_endpoint(item, slice);
	}
	return read_ports(kinc_json_get(object, "ports"), &slice->ports, &slice->port_count, err);
}

int dns_records_slice(struct dns_records *records, const cJSON *object, enum object_change change,
		      struct kinc_error *err)
{
	const cJSON *labels = kinc_json_get(kinc_json_get(object, "metadata"), "labels");
	const char *owner = kinc_json_string(labels, "kubernetes.io/service-name", NULL);
	const char *namespace, *name;
	int result = read_identity(object, &namespace, &name, err);

	if (result < 0)
		return result;
	struct dns_slice *before = find_slice(records, namespace, name);
	if (change == OBJECT_GONE || !is_label(owner)) {
		if (before)
			drop_slice(records, before);
		return 0;
	}
	if (before)
		before->mark = records->mark[OBJECT_ENDPOINTSLICE];
	struct dns_slice *slice = alloc(1, sizeof(*slice));
	result = read_slice(object, name, slice, err);
	if (result < 0) {
		free_slice(slice);
		return kinc_error_prefix(err, "endpointslice %s/%s", namespace, name), result;
	}
	struct dns_service *service = find_service(records, namespace, owner);
	if (!service)
		service = make_service(records, namespace, owner);
	/* In this order: the service of both may be one that only slices hold. */
	slice->service = service;
	slice->next = service->slices;
	service->slices = slice;
	if (before)
		drop_slice(records, before);
	slice->mark = records->mark[OBJECT_ENDPOINTSLICE];
	table_add(&records->slices, &slice->by_name, table_hash_pair(namespace, name));
	for (size_t i = 0; i < slice->endpoint_count; i++)
		table_add(&records->endpoints, &slice->endpoints[i].by_address,
			  hash_address(&slice->endpoints[i].address));
	records->endpoint_count += slice->endpoint_count;
	return 0;
}

void dns_records_relist(struct dns_records *records, enum object_kind kind)
{
	records->mark[kind]++;
}

/* A node may be removed once the one after it is known. */
static struct table_node *following(const struct table *table, struct table_node **next)
{
	struct table_node *node = *next;

	if (node)
		*next = table_next(table, node);
	return node;
}

void dns_records_synced(struct dns_records *records, enum object_kind kind)
{
	const struct table *table = kind == OBJECT_SERVICE ? &records->services : &records->slices;
	struct table_node *next = table_next(table, NULL), *node;

	while ((node = following(table, &next))) {
		struct dns_service *service = table_entry(node, struct dns_service, by_name);
		struct dns_slice *slice = table_entry(node, struct dns_slice, by_name);
		if (kind == OBJECT_SERVICE && service->known &&
		    service->mark != records->mark[kind]) {
			clear_service(records, service);
			drop_service_if_empty(records, service);
		} else if (kind == OBJECT_ENDPOINTSLICE && slice->mark != records->mark[kind]) {
			drop_slice(records, slice);
		}
	}
}

void dns_records_release(struct dns_records *records)
{
	dns_records_relist(records, OBJECT_SERVICE);
	dns_records_relist(records, OBJECT_ENDPOINTSLICE);
	dns_records_synced(records, OBJECT_SERVICE);
	dns_records_synced(records, OBJECT_ENDPOINTSLICE);
	table_release(&records->services);
	table_release(&records->slices);
	table_release(&records->clusters);
	table_release(&records->endpoints);
	table_release(&records->namespaces);
}

const struct dns_service *dns_records_find(const struct dns_records *records,
					   const char *namespace, const char *name)
{
	const struct dns_service *service = find_service(records, namespace, name);

	return service && service->known ? service : NULL;
}

bool dns_records_has_namespace(const struct dns_records *records, const char *namespace)
{
	return find_namespace(records, namespace);
}

const struct dns_service *dns_records_cluster(const struct dns_records *records,
					      const struct ip_address *address)
{
	struct table_node *node = NULL;

	while ((node = table_find(&records->clusters, hash_address(address), node))) {
		const struct dns_address *found = table_entry(node, struct dns_address, by_address);
		if (ip_equal(&found->address, address))
			return found->service;
	}
	return NULL;
}

const struct dns_endpoint *dns_records_endpoint(const struct dns_records *records,
						const struct ip_address *address,
						const struct dns_endpoint *after)
{
	struct table_node *node = after ? (struct table_node *)(uintptr_t)&after->by_address : NULL;

	while ((node = table_find(&records->endpoints, hash_address(address), node))) {
		const struct dns_endpoint *found =
			table_entry(node, struct dns_endpoint, by_address);
		if (ip_equal(&found->address, address))
			return found;
	}
	return NULL;
}
