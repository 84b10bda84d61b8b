/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation: the Service kube-dns has its usual address, but nobody
 * forwards what is sent there. The address is one of the node's own loopback
 * interface, where dnsmasq listens, so it answers pods, pods on the host network
 * and the node itself, from before kube-proxy runs. The label
 * service-proxy-name makes kube-proxy leave this Service alone: otherwise it
 * would refuse or rewrite these packets.
 */
#include "dns_setup.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "ip.h"
#include "json.h"

#define SUBNETS_MAX 4
#define DNS_ADDRESS_NUMBER 10 /* as kubeadm has it */

struct subnets {
	struct ip_prefix list[SUBNETS_MAX];
	size_t count;
};

static int read_subnets(const char *text, struct subnets *ret, struct kinc_error *err)
{
	char one[IP_TEXT_MAX];

	ret->count = 0;
	for (const char *at = text; *at;) {
		size_t length = strcspn(at, ",");
		snprintf(one, sizeof(one), "%.*s", (int)length, at);
		if (length >= sizeof(one) || ret->count == SUBNETS_MAX ||
		    prefix_parse(one, &ret->list[ret->count]) < 0)
			return kinc_error_set(err, EINVAL, "\"%s\" are no subnets", text);
		ret->count++;
		at += length + (at[length] == ',');
	}
	return ret->count ? 0 : kinc_error_set(err, EINVAL, "no subnet is given");
}

static struct ip_address dns_address(const struct ip_prefix *subnet)
{
	struct ip_address address = prefix_first(subnet);

	for (int i = 0; i < DNS_ADDRESS_NUMBER; i++)
		address = ip_next(address);
	return address;
}

/* One rtnetlink request, by hand: libnl would be loaded for nothing else. */
static int add_to_loopback(const struct ip_address *address, struct kinc_error *err)
{
	char text[IP_TEXT_MAX];
	size_t size = ip_size(address->family);
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg fixed;
		struct rtattr attribute;
		unsigned char bytes[16];
	} request = {
		.header = {.nlmsg_type = RTM_NEWADDR,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE},
		.fixed = {.ifa_family = (unsigned char)address->family,
			  .ifa_prefixlen = (unsigned char)(8 * size),
			  .ifa_flags = IFA_F_NODAD,
			  .ifa_index = if_nametoindex("lo")},
		.attribute = {.rta_type = IFA_LOCAL, .rta_len = (unsigned short)RTA_LENGTH(size)},
	};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr verdict;
		char rest[256];
	} answer;

	memcpy(request.bytes, address->bytes, size);
	request.header.nlmsg_len = (unsigned)(sizeof(request) - sizeof(request.bytes) + size);
	cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || send(fd, &request, request.header.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer.header) + 4)
		return kinc_error_errno(err, errno, "cannot ask the kernel for an address");
	if (answer.header.nlmsg_type == NLMSG_ERROR && answer.verdict.error != 0)
		return kinc_error_errno(err, -answer.verdict.error, "cannot put %s on lo",
					ip_format(address, text));
	return 0;
}

static void print_subnets(FILE *out, const struct subnets *subnets, const char *records)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < subnets->count; i++)
		fprintf(out, "rev-server=%s,%s\n", prefix_format(&subnets->list[i], text), records);
}

static int write_conf(const struct dns_setup *setup, const struct subnets *services,
		      const struct subnets *pods, struct kinc_error *err)
{
	char path[300], records[80], text[IP_TEXT_MAX];
	cleanup_free char *content = NULL;
	size_t size = 0;
	const char *colon = strrchr(setup->records, ':');
	FILE *out = open_memstream(&content, &size);

	if (!out || !colon) {
		if (out)
			fclose(out);
		return kinc_error_set(err, EINVAL, "\"%s\" is no ADDRESS:PORT", setup->records);
	}
	/* dnsmasq writes ADDRESS#PORT. */
	snprintf(records, sizeof(records), "%.*s#%s", (int)(colon - setup->records),
		 setup->records, colon + 1);
	fprintf(out,
		"# Made by kincnetd --setup-dns.\n"
		"bind-interfaces\n"
		/* kincnetd asks here where an ExternalName leads. */
		"listen-address=127.0.0.1\n"
		"no-hosts\n"
		"resolv-file=%s\n"
		/* What kincnetd answers is not kept: its TTL is 0. */
		"cache-size=1000\n"
		"dns-forward-max=1000\n"
		"edns-packet-max=1232\n"
		"server=/%s/%s\n",
		setup->resolv, setup->domain, records);
	for (size_t i = 0; i < services->count; i++) {
		struct ip_address address = dns_address(&services->list[i]);
		fprintf(out, "listen-address=%s\n", ip_format(&address, text));
	}
	print_subnets(out, services, records);
	print_subnets(out, pods, records);
	if (fclose(out) != 0)
		return kinc_error_errno(err, ENOMEM, "writing dnsmasq.conf");
	snprintf(path, sizeof(path), "%s/dnsmasq.conf", setup->directory);
	return kinc_write_file_atomic(path, content, size, 0644, err);
}

static void add_port(cJSON *ports, const char *name, const char *protocol)
{
	cJSON *port = cJSON_CreateObject();

	cJSON_AddStringToObject(port, "name", name);
	cJSON_AddStringToObject(port, "protocol", protocol);
	cJSON_AddNumberToObject(port, "port", 53);
	cJSON_AddItemToArray(ports, port);
}

static void add_ports(cJSON *object)
{
	cJSON *ports = cJSON_AddArrayToObject(object, "ports");

	add_port(ports, "dns", "UDP");
	add_port(ports, "dns-tcp", "TCP");
}

static cJSON *add_object(cJSON *items, const char *kind)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddItemToArray(items, object);
	cJSON_AddStringToObject(object, "apiVersion", "v1");
	cJSON_AddStringToObject(object, "kind", kind);
	cJSON *metadata = cJSON_AddObjectToObject(object, "metadata");
	cJSON_AddStringToObject(metadata, "name", "kube-dns");
	cJSON_AddStringToObject(metadata, "namespace", "kube-system");
	cJSON *labels = cJSON_AddObjectToObject(metadata, "labels");
	cJSON_AddStringToObject(labels, "k8s-app", "kube-dns");
	cJSON_AddStringToObject(labels, "kubernetes.io/cluster-service", "true");
	cJSON_AddStringToObject(labels, "service.kubernetes.io/service-proxy-name", "kinc");
	return object;
}

static int write_objects(const struct dns_setup *setup, const struct subnets *services,
			 struct kinc_error *err)
{
	struct ip_address address = dns_address(&services->list[0]);
	cleanup_json cJSON *list = cJSON_CreateObject();
	char text[IP_TEXT_MAX], path[300];

	ip_format(&address, text);
	cJSON_AddStringToObject(list, "apiVersion", "v1");
	cJSON_AddStringToObject(list, "kind", "List");
	cJSON *items = cJSON_AddArrayToObject(list, "items");
	cJSON *spec = cJSON_AddObjectToObject(add_object(items, "Service"), "spec");
	cJSON_AddStringToObject(spec, "clusterIP", text);
	add_ports(spec);
	/* Without a selector: the address is its own endpoint. */
	cJSON *subsets = cJSON_AddArrayToObject(add_object(items, "Endpoints"), "subsets");
	cJSON *subset = cJSON_CreateObject();
	cJSON_AddItemToArray(subsets, subset);
	cJSON *endpoint = cJSON_CreateObject();
	cJSON_AddItemToArray(cJSON_AddArrayToObject(subset, "addresses"), endpoint);
	cJSON_AddStringToObject(endpoint, "ip", text);
	add_ports(subset);

	cleanup_free char *content = cJSON_Print(list);
	if (!content)
		return kinc_error_errno(err, ENOMEM, "writing kube-dns.json");
	snprintf(path, sizeof(path), "%s/kube-dns.json", setup->directory);
	return kinc_write_file_atomic(path, content, strlen(content), 0644, err);
}

int dns_setup(const struct dns_setup *setup, struct kinc_error *err)
{
	struct subnets services, pods;
	int result = read_subnets(setup->service_subnets, &services, err);

	if (result == 0)
		result = read_subnets(setup->pod_subnets, &pods, err);
	for (size_t i = 0; result == 0 && i < services.count; i++) {
		struct ip_address address = dns_address(&services.list[i]);
		if (!prefix_contains(&services.list[i], &address))
			return kinc_error_set(err, EINVAL, "%s has no tenth address",
					      setup->service_subnets);
		result = add_to_loopback(&address, err);
	}
	if (result == 0)
		result = kinc_make_directories(setup->directory, 0755, err);
	if (result == 0)
		result = write_conf(setup, &services, &pods, err);
	return result < 0 ? result : write_objects(setup, &services, err);
}
