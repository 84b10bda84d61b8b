/* SPDX-License-Identifier: MIT */
#ifndef NETD_KUBECONFIG_H
#define NETD_KUBECONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "error.h"

/* The kubeconfig, the authority, the certificate, its key, the token. */
#define KUBECONFIG_FILES 5

/*
 * How to reach the API server and as whom: what the current context of a
 * kubeconfig says, with the files that it names read in. Strings are NULL
 * where there is none.
 */
struct kubeconfig {
	char *server;
	char *authority, *certificate, *key; /* PEM */
	char *token;
	/* What was read, to notice that it has changed. */
	struct kubeconfig_file {
		char *path;
		struct timespec changed;
		ino_t inode;
	} files[KUBECONFIG_FILES];
	size_t file_count;
};

#define cleanup_kubeconfig __attribute__((cleanup(kubeconfig_release)))

/* ret is filled on success only. EPROTO for a text that is no usable kubeconfig. */
int kubeconfig_load(const char *path, struct kubeconfig *ret, struct kinc_error *err);
void kubeconfig_release(struct kubeconfig *kubeconfig);

/* Has one of its files been replaced or written to? */
bool kubeconfig_changed(const struct kubeconfig *kubeconfig);

#endif
