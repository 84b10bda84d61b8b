/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

int address_tcp(const char *text, size_t length, struct sockaddr_storage *ret_address,
		socklen_t *ret_size, struct kinc_error *err)
{
	char host[INET6_ADDRSTRLEN + 16];
	struct in_addr v4;
	struct in6_addr v6;

	if (length >= sizeof(host))
		return kinc_error_set(err, EINVAL, "\"%.*s\" is too long for ADDRESS:PORT",
				      (int)length, text);
	memcpy(host, text, length);
	host[length] = '\0';
	char *colon = strrchr(host, ':');
	char *end = NULL;
	long port = colon ? strtol(colon + 1, &end, 10) : 0;
	if (!colon || colon[1] < '0' || colon[1] > '9' || *end || port < 1 || port > 65535)
		return kinc_error_set(err, EINVAL, "\"%.*s\" is not ADDRESS:PORT", (int)length,
				      text);
	*colon = '\0';

	memset(ret_address, 0, sizeof(*ret_address));
	if (inet_pton(AF_INET, host, &v4) == 1) {
		struct sockaddr_in *in = (struct sockaddr_in *)(void *)ret_address;
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		in->sin_addr = v4;
		*ret_size = sizeof(*in);
		return 0;
	}
	if (host[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		if (inet_pton(AF_INET6, host + 1, &v6) == 1) {
			struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)ret_address;
			in6->sin6_family = AF_INET6;
			in6->sin6_port = htons((uint16_t)port);
			in6->sin6_addr = v6;
			*ret_size = sizeof(*in6);
			return 0;
		}
	}
	return kinc_error_set(err, EINVAL,
			      "\"%.*s\" must begin with a numeric address such as 127.0.0.1",
			      (int)length, text);
}

int address_unix(const char *path, struct sockaddr_storage *ret_address, socklen_t *ret_size,
		 struct kinc_error *err)
{
	struct sockaddr_un *un = (struct sockaddr_un *)(void *)ret_address;
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(un->sun_path))
		return kinc_error_set(err, EINVAL, "\"%s\" cannot be a socket: 1 to %zu bytes",
				      path, sizeof(un->sun_path) - 1);
	memset(ret_address, 0, sizeof(*ret_address));
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, length);
	*ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
	if (*path == '@') {
		un->sun_path[0] = '\0';
		*ret_size -= 1;
	}
	return 0;
}

int address_url(const char *url, struct sockaddr_storage *ret_address, socklen_t *ret_size,
		const char **ret_path, struct kinc_error *err)
{
	char with_port[128];

	if (strncmp(url, "https://", 8) == 0)
		return kinc_error_set(err, EINVAL,
				      "https is not asked by kinc-init itself (no TLS in PID 1): "
				      "use an exec probe for \"%s\"",
				      url);
	if (strncmp(url, "http://", 7) != 0)
		return kinc_error_set(err, EINVAL, "\"%s\" does not begin with http://", url);
	const char *host = url + 7;
	size_t length = strcspn(host, "/");
	const char *bracket = memchr(host, ']', length);
	if (!memchr(bracket ? bracket : host, ':', length - (bracket ? (size_t)(bracket - host) : 0)) &&
	    length < sizeof(with_port) - 4) {
		snprintf(with_port, sizeof(with_port), "%.*s:80", (int)length, host);
		host = with_port;
	}
	int result = address_tcp(host, host == with_port ? strlen(host) : length, ret_address,
				 ret_size, err);
	if (result == 0)
		*ret_path = url[7 + length] ? url + 7 + length : "/";
	return result;
}
