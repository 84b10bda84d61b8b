/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_KUBECONFIG_YAML_H
#define KINC_HOST_KUBECONFIG_YAML_H

#include "error.h"

/*
 * The only entry of the list under key, of a kubeconfig that kubeconfig_rewrite
 * made: as lines of block style after that many columns, or for indent -1 as
 * JSON. *ret_text is the caller's to free.
 */
int kubeconfig_print_entry(const char *text, const char *key, int indent, char **ret_text,
			   struct kinc_error *err);

#endif
