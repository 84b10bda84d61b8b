/* SPDX-License-Identifier: MIT */
#ifndef KINC_HOST_LAUNCH_H
#define KINC_HOST_LAUNCH_H

#include <stdbool.h>

#include "error.h"

/*
 * What the command line said, threaded through every command. Strings belong
 * to argv or the environment and outlive the command.
 */
struct launch {
	const char *cluster;	/* a valid name; "default" unless named */
	const char *image;	/* NULL: the newest local node image */
	const char *config; /* a file of config.h, NULL for none */
	const char *memory, *cpus; /* limits of the node, NULL for none */
	const char *force_port; /* FORCE_PORT as it stands, NULL when unset */
	const char *user;	/* ground, unground, enter */
	const char *root;	/* ground: the tree that becomes / */
	const char *address;	/* expose: of the host; NULL: 127.0.0.1 */
	const char *name_space; /* expose; NULL: default */
	const char *init;	/* boot: systemd, openrc, runit or cron; NULL: the machine's */
	const char *wait_text;	/* --wait: none, api or ready; NULL is ready */
	const char *timeout_text;
	long timeout_s; /* of timeout_text, checked */
	bool json, quiet, fix, follow, keep, path_only, debug, help, version;
	bool named; /* the command was given */
	char **operands; /* after the command, NULL-terminated */
	int operand_count;
};

/*
 * A command returns its exit status. An err that it filled is printed by main,
 * once; one left unset (code 0) means that the status alone is the answer.
 */
typedef int launch_function(struct launch *launch, struct kinc_error *err);

launch_function command_load_image, command_chart, command_export_logs;
launch_function command_up, command_down, command_list, command_status, command_kubeconfig,
	command_logs, command_doctor, command_ground, command_unground, command_enter,
	command_help, command_version, command_stop, command_start, command_pause, command_resume,
	command_exec, command_completion, command_quadlet,
	command_boot, command_monitor, command_test,
	command_expose, command_unexpose;

/*
 * Says what was done beside the question, on stderr, so that stdout carries
 * only answers.
 */
void launch_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes text of others fit for a terminal: control characters become spaces. */
void launch_clean(char *text);

#endif
