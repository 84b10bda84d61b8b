/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_KUBECONFIG_H
#define KINC_HOST_KUBECONFIG_H

#include <stddef.h>

#include "cluster.h"
#include "error.h"

/*
 * kubeadm's admin.conf, as seen from outside of the node: server
 * https://127.0.0.1:port, and cluster, user and context called kinc-NAME.
 * Everything else stays. *ret_text is the caller's to free. EPROTO when the
 * text is not a kubeconfig of one cluster, one user and one context.
 */
int kubeconfig_rewrite(const char *text, size_t size, const char *name, int port, char **ret_text,
		       struct kinc_error *err);

/*
 * A user's kubeconfig, with the cluster, context and user of own (what
 * kubeconfig_rewrite gave) added, or put in the place of those called label; and
 * without them. Every other byte stays. current-context becomes label where it
 * is "", and "" where it is label. EPROTO, with the line, for a text that is no
 * kubeconfig of one document. *ret_text is the caller's to free.
 */
int kubeconfig_merge(const char *text, const char *own, const char *label, char **ret_text,
		     struct kinc_error *err);
int kubeconfig_unmerge(const char *text, const char *label, char **ret_text,
		       struct kinc_error *err);

/* What an empty text is taken for by a merge, and what is left of it by an unmerge. */
#define KUBECONFIG_FRESH                                                                           \
	"# Made by kinc-launch, which removes it with its last cluster.\n"                         \
	"apiVersion: v1\nkind: Config\ncurrent-context: \"\"\n"

/*
 * Merges into the user's file, or takes out of it: the first of $KUBECONFIG that
 * exists, its last one when none does, or ~/.kube/config. The file is replaced at
 * once and gets mode 0600; kubectl's lock on it (FILE.lock) is respected. path
 * becomes its name.
 */
int kubeconfig_file_merge(const char *name, const char *own, char path[CLUSTER_PATH_MAX],
			  struct kinc_error *err);

/* The same for every one of these files, and for the one that the last merge wrote to. */
int kubeconfig_file_unmerge(const char *name, struct kinc_error *err);

/* First line of ~/.kube/kinc-NAME: which file the entries were merged into. */
#define KUBECONFIG_MERGED_MARK "# Merged into "

/*
 * Takes admin.conf out of the cluster's container, writes ~/.kube/kinc-NAME and
 * merges it into the user's file. A user's file that cannot be merged into is
 * told, and left alone.
 */
int kubeconfig_fetch(const char *name, int port, struct kinc_error *err);

#endif
