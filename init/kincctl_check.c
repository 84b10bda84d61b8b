/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kincctl.h"

/* Beside kincctl while both are being built, and where `make install` and the image put it. */
static const char *const places[] = {"kinc-init", "../libexec/kinc/kinc-init"};

int command_check(struct kinc_control *control, const struct arguments *arguments,
		  struct kinc_error *err)
{
	char own[4096], program[4200];
	const char *argv[2 * KINCCTL_UNITS_MAX + 4] = {"kinc-init", "--check"};
	size_t count = 2;
	ssize_t size = readlink("/proc/self/exe", own, sizeof(own) - 1);

	(void)control;
	if (size < 0)
		return kinc_error_errno(err, errno, "cannot tell where kincctl is");
	own[size] = '\0';
	char *name = strrchr(own, '/');
	if (name)
		name[1] = '\0';
	if (arguments->json)
		argv[count++] = "--json";
	for (size_t i = 0; i < arguments->unit_directories; i++) {
		argv[count++] = "--units";
		argv[count++] = arguments->units[i];
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(program, sizeof(program), "%s%s", own, places[i]);
		execv(program, (char *const *)argv);
	}
	return kinc_error_errno(err, errno, "cannot run %s", program);
}
