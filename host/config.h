/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_CONFIG_H
#define KINC_HOST_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "network.h"

enum { CONFIG_OPTIONS_MAX = 2048, CONFIG_WORD_MAX = 256 };

/*
 * What a cluster is made with beside its name, out of --config, --memory and
 * --cpus. All of it but the image becomes options of podman; those are kept in a
 * label, so that whatever makes the container again makes the same one.
 */
struct config {
	char image[CONFIG_WORD_MAX]; /* "" for the newest local one */
	char memory[24];	     /* as podman takes it; "" for no limit */
	char cpus[16];
	char network[16];
	char family[8]; /* ipv4, dual, ipv6 or "" */
	char options[CONFIG_OPTIONS_MAX]; /* ports, mounts and gates: --publish=...;--volume=... */
	char gates[CONFIG_OPTIONS_MAX / 2]; /* Name=true,Other=false */
	char mirrors[CONFIG_OPTIONS_MAX / 2]; /* of mirror.h */
};

/* Of which its words consist: none is special to podman, quadlet or the label. */
extern const char config_word_characters[];

/*
 * Out of YAML. EINVAL with FILE:LINE:COLUMN for anything but the keys that there
 * are, each with a value that fits; an unknown one is told with the nearest.
 */
int config_parse(const char *file, const char *text, size_t size, struct config *ret,
		 struct kinc_error *err);
int config_load(const char *file, struct config *ret, struct kinc_error *err);

/* The values of --memory and --cpus. EINVAL says what they may be. */
int config_set_memory(struct config *config, const char *value, struct kinc_error *err);
int config_set_cpus(struct config *config, const char *value, struct kinc_error *err);

/* What the machine has, for what the kubelet has to leave to it. */
struct config_host {
	unsigned long long memory_mib;
	unsigned long cpus;
};
struct config_host config_host_here(void);

/* Its options of podman with a ; between, for the label; E2BIG when they are too many. */
int config_options(const struct config *config, const struct config_host *host, char text[CONFIG_OPTIONS_MAX],
		   struct kinc_error *err);

/* What options, as config_options writes them, ask for. */
enum network_families config_families(const char *options);

/* Whether a label holds nothing but what config_options writes. */
int config_check_options(const char *text);

#endif
