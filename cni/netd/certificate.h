/* SPDX-License-Identifier: MIT */
#ifndef NETD_CERTIFICATE_H
#define NETD_CERTIFICATE_H

#include "error.h"

/*
 * A kubeconfig for user at server, with a fresh key and a client certificate
 * that the authority (files of certificate and key, PEM) signs and that is
 * valid as long as the authority's own. *ret_text is the caller's to free.
 */
int certificate_make_kubeconfig(const char *authority, const char *authority_key, const char *user,
				const char *server, char **ret_text, struct kinc_error *err);

#endif
