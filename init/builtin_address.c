/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "builtin.h"
#include "cleanup.h"
#include "io.h"
#include "report.h"

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

int builtin_node_address(const struct unit *unit, const struct builtin_context *context,
			 struct kinc_error *err)
{
	char address[INET6_ADDRSTRLEN];
	const char *name = variables_get(context->variables, "NODE_NAME", 9);

	(void)unit;
	if (source_address("198.51.100.1", AF_INET, address, sizeof(address), err) < 0 &&
	    source_address("2001:db8::1", AF_INET6, address, sizeof(address), err) < 0)
		return kinc_error_set(err, ENETUNREACH,
				      "the container has no default route, so the node has no "
				      "address: start it with a network (podman run without "
				      "--network none)");
	if (name) {
		struct kinc_error why;
		if (ensure_hosts(address, name, &why) < 0)
			report_send(context->report, REPORT_WARNING,
				    "/etc/hosts does not name the node: %s", why.message);
	}
	report_send(context->report, REPORT_VARIABLE, "NODE_IP=%s", address);
	return 0;
}
