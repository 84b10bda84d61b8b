/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_CLUSTER_H
#define KINC_HOST_CLUSTER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "error.h"
#include "network.h"

enum {
	CLUSTER_NAME_MAX = 40,
	CLUSTER_TEXT_MAX = 64, /* container and volume names */
	CLUSTER_PATH_MAX = 512,
};

/* A cluster as its container's labels tell it. Port 0: labels are missing. */
struct cluster {
	char name[CLUSTER_NAME_MAX + 1];
	int port;
	struct network_pair networks;
	int protocol;
	char state[24]; /* podman's: running, exited, created, paused...; installed: quadlet_file.h */
	char image[256];
	char options[CONFIG_OPTIONS_MAX]; /* of podman, as config_options writes them */
};

struct cluster_list {
	struct cluster *clusters;
	size_t count;
};
#define cleanup_clusters __attribute__((cleanup(cluster_list_release)))
void cluster_list_release(struct cluster_list *list);

/* EINVAL and the rule, unless name is 1 to 40 of a-z 0-9 -, a letter first and no - last. */
int cluster_check_name(const char *name, struct kinc_error *err);

/* Out of the output of `podman ps --format json`; containers of others are left out. */
int cluster_list_parse(const cJSON *containers, struct cluster_list *ret, struct kinc_error *err);

/* All kinc clusters of this user, by name. */
int cluster_list_load(struct cluster_list *ret, struct kinc_error *err);
const struct cluster *cluster_list_find(const struct cluster_list *list, const char *name);

/* The cluster of that name, or ENOENT as cluster_unknown; -EREMOTEIO and others when podman fails. */
int cluster_find(const char *name, struct cluster *ret, struct kinc_error *err);

/* The same for one that has to run: ESRCH, with what starts it, when it does not. */
int cluster_find_running(const char *name, struct cluster *ret, struct kinc_error *err);

/* What a command ends with after one of these two. */
int cluster_exit_status(int result);

/* ENOENT "no cluster X; there are: ..." */
int cluster_unknown(const struct cluster_list *list, const char *name, struct kinc_error *err);

void cluster_container(const char *name, char text[CLUSTER_TEXT_MAX]);
void cluster_volume(const char *name, const char *which, char text[CLUSTER_TEXT_MAX]);

/* $XDG_RUNTIME_DIR/kinc[/NAME[/kinc.sock]]; ENOENT without XDG_RUNTIME_DIR. */
int cluster_runtime_dir(const char *name, char path[CLUSTER_PATH_MAX], struct kinc_error *err);
int cluster_socket(const char *name, char path[CLUSTER_PATH_MAX], struct kinc_error *err);
/* ~/.kube/kinc-NAME */
int cluster_kubeconfig(const char *name, char path[CLUSTER_PATH_MAX], struct kinc_error *err);

/*
 * The cgroup to make the node's below, as --cgroup-parent takes it. Podman's
 * cgroupfs manager makes none for a rootless container unless a parent is
 * named: PID 1 would share one with podman. The ground's leaf is called init;
 * what it delegates is the level above. -ENOENT where podman asks systemd.
 */
int cluster_cgroup(const char *name, char path[CLUSTER_PATH_MAX]);

/*
 * Held while ports and names are chosen, so that two launchers never choose
 * the same. Returns the descriptor to close.
 */
int cluster_lock(struct kinc_error *err);

#endif
