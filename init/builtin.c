/* SPDX-License-Identifier: MIT */
#include "builtin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>

#include "cleanup.h"
#include "io.h"
#include "report.h"

int builtin_rshared(const struct unit *unit, const struct builtin_context *context,
		    struct kinc_error *err)
{
	(void)unit;
	(void)context;
	/* kubelet's mount propagation needs it; container runtimes leave / private. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)
		return kinc_error_errno(err, errno,
					"cannot make / a shared mount (podman run needs "
					"--cap-add=SYS_ADMIN)");
	return 0;
}

int builtin_ip_forward(const struct unit *unit, const struct builtin_context *context,
		       struct kinc_error *err)
{
	static const char path[] = "/proc/sys/net/ipv4/ip_forward";
	cleanup_free char *text = NULL;

	(void)unit;
	(void)context;
	int result = kinc_read_file(AT_FDCWD, path, 64, &text, NULL, err);
	if (result < 0)
		return result;
	if (text[0] == '1')
		return 0;
	if (kinc_write_existing(AT_FDCWD, path, "1", NULL) == 0)
		return 0;
	return kinc_error_set(err, EPERM,
			      "net.ipv4.ip_forward is 0 and cannot be set from inside: start the "
			      "container with podman run --sysctl net.ipv4.ip_forward=1");
}

/* machine-id(5): what the kubelet reports as the node's, so no two may share it. */
int builtin_machine_id(const struct unit *unit, const struct builtin_context *context,
		       struct kinc_error *err)
{
	static const char path[] = "/etc/machine-id";
	cleanup_free char *there = NULL;
	unsigned char bytes[16];
	char text[2 * sizeof(bytes) + 2];

	(void)unit;
	(void)context;
	if (kinc_read_file(AT_FDCWD, path, 4096, &there, NULL, NULL) == 0 && there[0] &&
	    there[0] != '\n')
		return 0;
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return kinc_error_errno(err, errno, "no random numbers");
	bytes[6] = (bytes[6] & 0x0f) | 0x40; /* a UUID of version 4, as systemd makes it */
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(text + 2 * i, 4, "%02x\n", bytes[i]);
	return kinc_write_file_atomic(path, text, strlen(text), 0444, err);
}

static int try_score(int score)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", score);
	return kinc_write_existing(AT_FDCWD, "/proc/self/oom_score_adj", text, NULL);
}

/*
 * The kernel's oom_score_adj_min of this process, which no file shows: what it
 * refuses is below. This runs in a child, whose own score does not matter.
 */
int builtin_oom_floor(const struct unit *unit, const struct builtin_context *context,
		      struct kinc_error *err)
{
	int refused = -1001, allowed = 1000;
	char text[16];

	(void)unit;
	if (try_score(allowed) < 0)
		return kinc_error_set(err, EACCES, "cannot write /proc/self/oom_score_adj");
	while (allowed - refused > 1) {
		int middle = refused + (allowed - refused) / 2;
		if (try_score(middle) == 0)
			allowed = middle;
		else
			refused = middle;
	}
	int result = kinc_make_directories("/run/kinc", 0755, err);
	if (result < 0)
		return result;
	snprintf(text, sizeof(text), "%d\n", allowed);
	report_send(context->report, REPORT_NOTE, "oom_score_adj can be %d or more", allowed);
	return kinc_write_file_atomic("/run/kinc/oom-score-adj-min", text, strlen(text), 0644, err);
}

int builtin_run(const struct unit *unit, const struct builtin_context *context,
		struct kinc_error *err)
{
	switch ((enum builtin_kind)unit->builtin) {
	case BUILTIN_CONTAINER:
		return builtin_container(unit, context, err);
	case BUILTIN_MOUNTS:
		return builtin_mounts(unit, context, err);
	case BUILTIN_RSHARED:
		return builtin_rshared(unit, context, err);
	case BUILTIN_CGROUP:
		return builtin_cgroup(unit, context, err);
	case BUILTIN_IP_FORWARD:
		return builtin_ip_forward(unit, context, err);
	case BUILTIN_NODE_ADDRESS:
		return builtin_node_address(unit, context, err);
	case BUILTIN_MACHINE_ID:
		return builtin_machine_id(unit, context, err);
	case BUILTIN_OOM_FLOOR:
		return builtin_oom_floor(unit, context, err);
	case BUILTIN_REGISTRIES:
		return builtin_registries(unit, context, err);
	case BUILTIN_SUBNETS:
		return builtin_subnets(unit, context, err);
	case BUILTIN_RENDER:
		return builtin_render(unit, context, err);
	}
	return kinc_error_set(err, EINVAL, "unknown builtin");
}
