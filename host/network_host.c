/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "network.h"

enum { ROUTES_MAX = 8 << 20 };

static int prefix_of(uint32_t mask)
{
	return __builtin_popcount(mask);
}

enum { FIELD_INTERFACE, FIELD_DESTINATION, FIELD_MASK = 7, FIELDS };

/* The start of each field of a line; false when it has too few. */
static bool split(const char *line, const char *fields[FIELDS])
{
	for (int i = 0; i < FIELDS; i++) {
		line += strspn(line, " \t");
		fields[i] = line;
		if (strcspn(line, " \t\n") == 0)
			return false;
		line += strcspn(line, " \t\n");
	}
	return true;
}

int network_add_routes(struct network_taken *taken, const char *text)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *fields[FIELDS];
		char by[64];
		if (!split(line, fields))
			continue;
		/* Both in network order; the heading's "Mask" gives 0, as default routes do. */
		uint32_t destination = (uint32_t)strtoul(fields[FIELD_DESTINATION], NULL, 16);
		uint32_t mask = (uint32_t)strtoul(fields[FIELD_MASK], NULL, 16);
		if (mask == 0)
			continue;
		snprintf(by, sizeof(by), "a route of %.*s",
			 (int)strcspn(fields[FIELD_INTERFACE], " \t"), fields[FIELD_INTERFACE]);
		struct network network = {.address = ntohl(destination), .prefix = prefix_of(mask)};
		if (network_taken_add(taken, network, by) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_interfaces(struct network_taken *taken)
{
	struct ifaddrs *list = NULL;
	int result = 0;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (const struct ifaddrs *at = list; at && result == 0; at = at->ifa_next) {
		struct sockaddr_in address, mask;
		char by[64];
		if (!at->ifa_addr || !at->ifa_netmask || at->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&address, at->ifa_addr, sizeof(address));
		memcpy(&mask, at->ifa_netmask, sizeof(mask));
		snprintf(by, sizeof(by), "interface %s", at->ifa_name);
		result = network_taken_add(taken,
					   (struct network){
						   .address = ntohl(address.sin_addr.s_addr),
						   .prefix = prefix_of(mask.sin_addr.s_addr),
					   },
					   by);
	}
	freeifaddrs(list);
	return result;
}

int network_add_host(struct network_taken *taken, struct kinc_error *err)
{
	cleanup_free char *routes = NULL;
	int result = kinc_read_file(AT_FDCWD, "/proc/net/route", ROUTES_MAX, &routes, NULL, err);

	if (result < 0)
		return result;
	result = network_add_routes(taken, routes);
	if (result == 0)
		result = add_interfaces(taken);
	if (result < 0)
		return kinc_error_errno(err, -result, "cannot list the machine's networks");
	return 0;
}

bool network_port_free(int port)
{
	cleanup_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	/* As podman does: connections in TIME_WAIT do not count. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	return fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}
