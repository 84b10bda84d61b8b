/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "builtin.h"
#include "cleanup.h"
#include "io.h"
#include "report.h"

enum { ROUTER_WAIT_S = 10 };

/*
 * The address that the kernel would send from to the outside: connecting a
 * datagram socket does the route lookup and sends nothing. The destinations
 * are documentation addresses (RFC 5737, 3849) that only a default route leads
 * to. This asks the same question as RTM_GETROUTE, without a library for it.
 */
static int source_address(const char *outside, int family, char *text, socklen_t size,
			  struct kinc_error *err)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	bool is_v4 = family == AF_INET;
	struct sockaddr *address = is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t length = is_v4 ? sizeof(v4) : sizeof(v6);
	void *bytes = is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr;
	cleanup_close int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(family, outside, bytes);
	if (fd < 0 || connect(fd, address, length) < 0 || getsockname(fd, address, &length) < 0 ||
	    !inet_ntop(family, bytes, text, size))
		return kinc_error_errno(err, errno, "no source address");
	if (is_v4 && (ntohl(v4.sin_addr.s_addr) >> 24) == 127)
		return kinc_error_set(err, EADDRNOTAVAIL, "only a loopback address");
	/* All that there is while the one that a router told of is still tentative. */
	if (!is_v4 && IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr))
		return kinc_error_set(err, EADDRNOTAVAIL, "only a link-local address");
	return 0;
}

static bool hosts_names(const char *hosts, const char *address, const char *name)
{
	char line[1024];

	while (*hosts) {
		size_t size = strcspn(hosts, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)(size < 1000 ? size : 1000), hosts);
		line[strcspn(line, "#")] = '\0';
		char *rest, *word = strtok_r(line, " \t", &rest);
		if (word && strcmp(word, address) == 0)
			while ((word = strtok_r(NULL, " \t", &rest)))
				if (strcmp(word, name) == 0)
					return true;
		hosts += size + (hosts[size] == '\n');
	}
	return false;
}

/* Podman binds the file over /etc/hosts: it can be appended to, but not replaced. */
static int ensure_hosts(const char *address, const char *name, struct kinc_error *err)
{
	cleanup_free char *hosts = NULL;
	char line[400];
	size_t size = 0;

	if (kinc_read_file(AT_FDCWD, "/etc/hosts", 1 << 20, &hosts, &size, NULL) == 0 &&
	    hosts_names(hosts, address, name))
		return 0;
	cleanup_close int fd =
		open("/etc/hosts", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return kinc_error_errno(err, errno, "cannot open /etc/hosts");
	bool open_line = size > 0 && hosts[size - 1] != '\n';
	snprintf(line, sizeof(line), "%s%s\t%s\n", open_line ? "\n" : "", address, name);
	if (kinc_write_all(fd, line, strlen(line), err) < 0)
		return kinc_error_prefix(err, "/etc/hosts");
	return 0;
}

static int address_any(char *text, socklen_t size, struct kinc_error *err)
{
	if (source_address("198.51.100.1", AF_INET, text, size, err) == 0 ||
	    source_address("2001:db8::1", AF_INET6, text, size, err) == 0)
		return 0;
	return kinc_error_set(err, ENETUNREACH,
			      "the container has no default route, so the node has no address: "
			      "start it with a network (podman run without --network none)");
}

/*
 * A node forwards, and who does hears no routers unless told to: its own route
 * would be gone with the first pod.
 */
static void accept_routers(void)
{
	static const char folder[] = "/proc/sys/net/ipv6/conf";
	DIR *links = opendir(folder);
	const struct dirent *entry;

	while (links && (entry = readdir(links))) {
		char path[sizeof(folder) + IF_NAMESIZE + 16];
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= IF_NAMESIZE)
			continue;
		snprintf(path, sizeof(path), "%s/%s/accept_ra", folder, entry->d_name);
		cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0)
			(void)kinc_write_all(fd, "2", 1, NULL);
	}
	if (links)
		closedir(links);
}

/*
 * The API server's address has to be of the family that services are of. A
 * router tells the node's, a moment after the container has started.
 */
static int address_ipv6(char *text, socklen_t size, struct kinc_error *err)
{
	const struct sockaddr_nl groups = {.nl_family = AF_NETLINK,
					   .nl_groups = RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE};
	cleanup_close int events =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	struct timespec end, now;
	char message[4096];

	if (events < 0 || bind(events, (const struct sockaddr *)&groups, sizeof(groups)) < 0 ||
	    clock_gettime(CLOCK_MONOTONIC, &end) < 0)
		return kinc_error_errno(err, errno, "cannot hear of addresses");
	end.tv_sec += ROUTER_WAIT_S;
	accept_routers();
	while (source_address("2001:db8::1", AF_INET6, text, size, err) < 0) {
		struct pollfd heard = {.fd = events, .events = POLLIN};
		clock_gettime(CLOCK_MONOTONIC, &now);
		long left = (end.tv_sec - now.tv_sec) * 1000 + (end.tv_nsec - now.tv_nsec) / 1000000;
		if (left <= 0)
			return kinc_error_set(err, ENETUNREACH,
					      "pods and services have IPv6 alone, but the container "
					      "has no IPv6 address with a route to the outside: start "
					      "it with --network slirp4netns:enable_ipv6=true, or "
					      "--network pasta on a host that has IPv6");
		(void)poll(&heard, 1, (int)left);
		(void)recv(events, message, sizeof(message), 0);
	}
	return 0;
}

int builtin_node_address(const struct unit *unit, const struct builtin_context *context,
			 struct kinc_error *err)
{
	char address[INET6_ADDRSTRLEN];
	const char *name = variables_get(context->variables, "NODE_NAME", 9);
	const char *pods = variables_get(context->variables, "KINC_POD_SUBNET", 15);

	(void)unit;
	int result = pods && strcspn(pods, ":") < strcspn(pods, ",")
			     ? address_ipv6(address, sizeof(address), err)
			     : address_any(address, sizeof(address), err);
	if (result < 0)
		return result;
	if (name) {
		struct kinc_error why;
		if (ensure_hosts(address, name, &why) < 0)
			report_send(context->report, REPORT_WARNING,
				    "/etc/hosts does not name the node: %s", why.message);
	}
	report_send(context->report, REPORT_VARIABLE, "NODE_IP=%s", address);
	return 0;
}
