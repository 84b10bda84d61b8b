/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: the labels in front of the cluster's domain say what is
 * meant, read from the right: "svc", a namespace, a service, then an endpoint's
 * name or "_port._protocol". A name that is there without a record of the type
 * is an empty answer, one that is not there NXDOMAIN; both with the zone's SOA.
 */
#include "dns_resolve.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN_MAX 8
#define NAME_ROOM (DNS_NAME_MAX + 1)

struct lookup {
	struct dns_zone *zone;
	struct dns_answer *answer;
	uint16_t type;
	const char *owner; /* of records; NULL: the question's name */
	const char *external; /* where a CNAME leads */
	char hop[NAME_ROOM];  /* owner, behind a CNAME */
};

static bool wants(const struct lookup *lookup, const struct ip_address *address)
{
	return lookup->type == DNS_ANY ||
	       lookup->type == (address->family == AF_INET ? DNS_A : DNS_AAAA);
}

/* Names longer than DNS allows are cut; they then fit into no message. */
static const char *service_name(const struct lookup *lookup, const struct dns_service *service,
				char name[NAME_ROOM])
{
	snprintf(name, NAME_ROOM, "%s.%s.svc.%s", service->name, service->namespace,
		 lookup->zone->domain);
	return name;
}

static const char *endpoint_name(const struct lookup *lookup, const struct dns_endpoint *endpoint,
				 char name[NAME_ROOM])
{
	const struct dns_service *service = endpoint->slice->service;

	snprintf(name, NAME_ROOM, "%s.%s.%s.svc.%s", endpoint->hostname, service->name,
		 service->namespace, lookup->zone->domain);
	return name;
}

/* An address may stand in two slices, while one takes over from the other. */
static bool is_ready(const struct lookup *lookup, const struct dns_endpoint *endpoint)
{
	const struct dns_service *service = endpoint->slice->service;
	const struct dns_endpoint *other = NULL;

	if (!endpoint->ready && !service->publish_unready)
		return false;
	while ((other = dns_records_endpoint(lookup->zone->records, &endpoint->address, other))) {
		if (other == endpoint)
			return true;
		if (other->slice->service == service &&
		    (other->ready || service->publish_unready) &&
		    strcmp(other->hostname, endpoint->hostname) == 0)
			return false;
	}
	return true;
}

typedef void endpoint_visit(struct lookup *lookup, const struct dns_endpoint *endpoint,
			    void *context);

/*
 * Ready endpoints, those of a hostname or all, from number first on; visit may
 * be NULL. Returns how many there are.
 */
static unsigned walk(struct lookup *lookup, const struct dns_service *service,
		     const char *hostname, unsigned first, unsigned end, endpoint_visit *visit,
		     void *context)
{
	unsigned number = 0;

	for (const struct dns_slice *slice = service->slices; slice; slice = slice->next)
		for (size_t i = 0; i < slice->endpoint_count; i++) {
			const struct dns_endpoint *endpoint = &slice->endpoints[i];
			if ((hostname && strcmp(endpoint->hostname, hostname) != 0) ||
			    !is_ready(lookup, endpoint))
				continue;
			if (visit && number >= first && number < end)
				visit(lookup, endpoint, context);
			number++;
		}
	return number;
}

/* All of them, each time beginning with another. */
static unsigned walk_in_turn(struct lookup *lookup, const struct dns_service *service,
			     const char *hostname, endpoint_visit *visit, void *context)
{
	unsigned count = walk(lookup, service, hostname, 0, 0, NULL, NULL);
	unsigned first = count ? lookup->zone->turn++ % count : 0;

	if (count == 0)
		return 0;
	walk(lookup, service, hostname, first, count, visit, context);
	walk(lookup, service, hostname, 0, first, visit, context);
	return count;
}

static void put_endpoint(struct lookup *lookup, const struct dns_endpoint *endpoint, void *context)
{
	(void)context;
	if (wants(lookup, &endpoint->address))
		dns_put_address(lookup->answer, lookup->owner, DNS_TTL, &endpoint->address);
}

static enum dns_code answer_service(struct lookup *lookup, const struct dns_service *service)
{
	if (service->external) {
		if (!*service->external)
			return DNS_NOERROR;
		dns_put_name(lookup->answer, lookup->owner, DNS_CNAME, DNS_TTL, service->external);
		lookup->external = service->external;
		return DNS_NOERROR;
	}
	if (service->headless)
		return walk_in_turn(lookup, service, NULL, put_endpoint, NULL) ? DNS_NOERROR
									       : DNS_NXDOMAIN;
	for (size_t i = 0; i < service->cluster_count; i++)
		if (wants(lookup, &service->cluster[i].address))
			dns_put_address(lookup->answer, lookup->owner, DNS_TTL,
					&service->cluster[i].address);
	return DNS_NOERROR;
}

struct srv {
	const char *port, *protocol;
	bool found, additional;
};

static bool is_port(const struct srv *srv, const struct dns_port *port)
{
	return strcmp(port->name, srv->port) == 0 && strcmp(port->protocol, srv->protocol) == 0;
}

static void put_srv(struct lookup *lookup, const struct dns_endpoint *endpoint, void *context)
{
	struct srv *srv = context;
	char name[NAME_ROOM];

	for (size_t i = 0; i < endpoint->slice->port_count; i++) {
		const struct dns_port *port = &endpoint->slice->ports[i];
		if (!is_port(srv, port))
			continue;
		srv->found = true;
		if (lookup->type != DNS_SRV && lookup->type != DNS_ANY)
			continue;
		endpoint_name(lookup, endpoint, name);
		if (srv->additional)
			dns_put_address(lookup->answer, name, DNS_TTL, &endpoint->address);
		else
			dns_put_srv(lookup->answer, DNS_TTL, port->number, name);
	}
}

static void put_cluster_srv(struct lookup *lookup, const struct dns_service *service,
			    struct srv *srv)
{
	char name[NAME_ROOM];

	service_name(lookup, service, name);
	for (size_t i = 0; i < service->port_count; i++) {
		if (!is_port(srv, &service->ports[i]))
			continue;
		srv->found = true;
		if (lookup->type != DNS_SRV && lookup->type != DNS_ANY)
			continue;
		dns_put_srv(lookup->answer, DNS_TTL, service->ports[i].number, name);
		lookup->answer->section = DNS_ADDITIONAL;
		for (size_t j = 0; j < service->cluster_count; j++)
			dns_put_address(lookup->answer, name, DNS_TTL,
					&service->cluster[j].address);
	}
}

/* _port._protocol of a service */
static enum dns_code answer_port(struct lookup *lookup, const struct dns_service *service,
				 const char *port, const char *protocol)
{
	struct srv srv = {.port = port + 1, .protocol = protocol + 1};

	if (!service->headless) {
		put_cluster_srv(lookup, service, &srv);
	} else {
		unsigned turn = lookup->zone->turn;
		walk_in_turn(lookup, service, NULL, put_srv, &srv);
		srv.additional = true;
		lookup->zone->turn = turn;
		lookup->answer->section = DNS_ADDITIONAL;
		walk_in_turn(lookup, service, NULL, put_srv, &srv);
	}
	return srv.found ? DNS_NOERROR : DNS_NXDOMAIN;
}

/* labels: what stands in front of "svc" and the domain */
static enum dns_code answer_svc(struct lookup *lookup, const char *const *labels, size_t count)
{
	const struct dns_records *records = lookup->zone->records;

	if (count == 0)
		return DNS_NOERROR;
	if (!dns_records_has_namespace(records, labels[count - 1]))
		return DNS_NXDOMAIN;
	if (count == 1)
		return DNS_NOERROR;
	const struct dns_service *service =
		dns_records_find(records, labels[count - 1], labels[count - 2]);
	if (!service)
		return DNS_NXDOMAIN;
	if (count == 2)
		return answer_service(lookup, service);
	if (service->external)
		return DNS_NXDOMAIN;
	if (count == 4 && labels[0][0] == '_' && labels[1][0] == '_')
		return answer_port(lookup, service, labels[0], labels[1]);
	if (count != 3)
		return DNS_NXDOMAIN;
	/* Between a service and its ports is nothing, but that is no name that is missing. */
	if (strcmp(labels[0], "_tcp") == 0 || strcmp(labels[0], "_udp") == 0 ||
	    strcmp(labels[0], "_sctp") == 0)
		return DNS_NOERROR;
	return walk_in_turn(lookup, service, labels[0], put_endpoint, NULL) ? DNS_NOERROR
									    : DNS_NXDOMAIN;
}

/* "10-244-43-5" or "fd00--5", whether there is such a pod or not. */
static enum dns_code answer_pod(struct lookup *lookup, const char *const *labels, size_t count)
{
	struct ip_address address;
	char text[64];

	if (count < 2)
		return DNS_NOERROR;
	if (count > 2 || strlen(labels[0]) >= sizeof(text))
		return DNS_NXDOMAIN;
	for (int family = 0; family < 2; family++) {
		snprintf(text, sizeof(text), "%s", labels[0]);
		for (char *at = text; *at; at++)
			if (*at == '-')
				*at = family ? ':' : '.';
		if (strchr(labels[0], '.') || ip_parse(text, &address) < 0)
			continue;
		if (wants(lookup, &address))
			dns_put_address(lookup->answer, lookup->owner, DNS_TTL, &address);
		return DNS_NOERROR;
	}
	return DNS_NXDOMAIN;
}

static enum dns_code answer_zone(struct lookup *lookup, const char *const *labels, size_t count)
{
	const char *kind = count ? labels[count - 1] : "";

	if (count == 0) {
		if (lookup->type == DNS_SOA || lookup->type == DNS_ANY)
			dns_put_soa(lookup->answer, NULL, DNS_TTL);
		return DNS_NOERROR;
	}
	if (strcmp(kind, "svc") == 0)
		return answer_svc(lookup, labels, count - 1);
	if (strcmp(kind, "pod") == 0)
		return answer_pod(lookup, labels, count - 1);
	if (strcmp(kind, "dns-version") == 0 && count == 1) {
		if (lookup->type == DNS_TXT || lookup->type == DNS_ANY)
			dns_put_text(lookup->answer, DNS_TTL, DNS_SCHEMA);
		return DNS_NOERROR;
	}
	return DNS_NXDOMAIN;
}

/* The address that a name of in-addr.arpa or ip6.arpa stands for. */
static bool reverse_address(const struct dns_query *query, struct ip_address *ret_address)
{
	size_t count = query->label_count;

	*ret_address = (struct ip_address){0};
	if (count < 2 || strcmp(query->labels[count - 1], "arpa") != 0)
		return false;
	bool four = strcmp(query->labels[count - 2], "in-addr") == 0;
	ret_address->family = four ? AF_INET : AF_INET6;
	if (count - 2 != (four ? 4 : 32) ||
	    (!four && strcmp(query->labels[count - 2], "ip6") != 0))
		return false;
	for (size_t i = 0; i < count - 2; i++) {
		const char *label = query->labels[count - 3 - i];
		char *end;
		unsigned long value = strtoul(label, &end, four ? 10 : 16);
		if (*end || end - label > (four ? 3 : 1) || value > 255 || *label == '-' ||
		    *label == '+')
			return false;
		if (four)
			ret_address->bytes[i] = (unsigned char)value;
		else
			ret_address->bytes[i / 2] |= (unsigned char)(value << (i % 2 ? 0 : 4));
	}
	return true;
}

static enum dns_code answer_reverse(struct lookup *lookup, const struct ip_address *address)
{
	const struct dns_records *records = lookup->zone->records;
	const struct dns_service *service = dns_records_cluster(records, address);
	const struct dns_endpoint *endpoint = NULL;
	bool found = service, pointer = lookup->type == DNS_PTR || lookup->type == DNS_ANY;
	char name[NAME_ROOM];

	if (service && pointer)
		dns_put_name(lookup->answer, NULL, DNS_PTR, DNS_TTL,
			     service_name(lookup, service, name));
	while (!service && (endpoint = dns_records_endpoint(records, address, endpoint))) {
		if (!endpoint->slice->service->known || !is_ready(lookup, endpoint))
			continue;
		found = true;
		if (pointer)
			dns_put_name(lookup->answer, NULL, DNS_PTR, DNS_TTL,
				     endpoint_name(lookup, endpoint, name));
	}
	return found ? DNS_NOERROR : DNS_NXDOMAIN;
}

/* How many labels stand in front of the domain; -1: it is another one. */
static int labels_before(const struct dns_zone *zone, const char *const *labels, size_t count)
{
	size_t of_domain = 1;
	const char *at = zone->domain;

	for (const char *dot = at; (dot = strchr(dot, '.')); dot++)
		of_domain++;
	if (count < of_domain)
		return -1;
	for (size_t i = count - of_domain; i < count; i++) {
		size_t length = strcspn(at, ".");
		if (strlen(labels[i]) != length || strncmp(labels[i], at, length) != 0)
			return -1;
		at += length + (at[length] == '.');
	}
	return (int)(count - of_domain);
}

/* As labels, in text, which is taken apart for it. */
static size_t split_name(char *text, const char *labels[DNS_LABELS_MAX])
{
	size_t count = 0;

	for (char *at = text; at && *at && count < DNS_LABELS_MAX;) {
		char *dot = strchr(at, '.');
		labels[count++] = at;
		if (dot)
			*dot++ = '\0';
		at = dot;
	}
	return count;
}

bool dns_zone_contains(const struct dns_zone *zone, const char *name)
{
	size_t length = strlen(name), domain = strlen(zone->domain);

	return length >= domain && strcmp(name + length - domain, zone->domain) == 0 &&
	       (length == domain || name[length - domain - 1] == '.');
}

/* Follows services that stand for other services. */
static enum dns_code follow(struct lookup *lookup, enum dns_code code, char *external)
{
	const char *labels[DNS_LABELS_MAX];
	char text[NAME_ROOM];

	*external = '\0';
	for (int hops = 0; lookup->external; hops++) {
		snprintf(lookup->hop, NAME_ROOM, "%s", lookup->external);
		/* Only these are asked for to be connected to. */
		if (lookup->type != DNS_A && lookup->type != DNS_AAAA)
			return code;
		if (!dns_zone_contains(lookup->zone, lookup->hop)) {
			memcpy(external, lookup->hop, NAME_ROOM);
			return code;
		}
		if (hops == CHAIN_MAX)
			return DNS_SERVFAIL;
		memcpy(text, lookup->hop, sizeof(text));
		size_t count = split_name(text, labels);
		int before = labels_before(lookup->zone, labels, count);
		lookup->external = NULL;
		lookup->owner = lookup->hop;
		code = before < 0 ? DNS_NXDOMAIN : answer_zone(lookup, labels, (size_t)before);
	}
	return code;
}

enum dns_code dns_resolve(struct dns_zone *zone, const struct dns_query *query,
			  struct dns_answer *answer, char ret_external[DNS_NAME_MAX + 1])
{
	struct lookup lookup = {.zone = zone, .answer = answer, .type = query->type};
	struct ip_address address;

	*ret_external = '\0';
	if (reverse_address(query, &address))
		return answer_reverse(&lookup, &address);
	int before = labels_before(zone, query->labels, query->label_count);
	if (before < 0)
		return DNS_REFUSED;
	enum dns_code code = answer_zone(&lookup, query->labels, (size_t)before);
	code = follow(&lookup, code, ret_external);
	if (answer->counts[DNS_ANSWER] == 0 && (code == DNS_NOERROR || code == DNS_NXDOMAIN)) {
		answer->section = DNS_AUTHORITY;
		dns_put_soa(answer, zone->domain, DNS_TTL);
	}
	return code;
}
