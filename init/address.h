/* SPDX-License-Identifier: MIT */
#ifndef INIT_ADDRESS_H
#define INIT_ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

#include "error.h"

/*
 * Addresses of probes. There is no name resolution, which could block:
 * "127.0.0.1:80" or "[::1]:80".
 */
int address_tcp(const char *text, size_t length, struct sockaddr_storage *ret_address,
		socklen_t *ret_size, struct kinc_error *err);

/* The path of a unix socket; "@NAME" is an abstract one. */
int address_unix(const char *path, struct sockaddr_storage *ret_address, socklen_t *ret_size,
		 struct kinc_error *err);

/* http://ADDRESS[:PORT][/PATH] taken apart; *ret_path points into url or is "/". */
int address_url(const char *url, struct sockaddr_storage *ret_address, socklen_t *ret_size,
		const char **ret_path, struct kinc_error *err);

#endif
