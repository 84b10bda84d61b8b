/* SPDX-License-Identifier: MIT */
#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "json_write.h"
#include "trace.h"

/* Linux 6.3; headers of Debian 12 do not have it. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static int spec_file(void)
{
	int fd = memfd_create("kinc-crun-spec", MFD_ALLOW_SEALING | MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("kinc-crun-spec", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	if (fd < 0)
		fd = open("/run", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd;
}

int handover_spec(const char *text, size_t size, int least, struct kinc_error *err)
{
	cleanup_close int fd = spec_file();

	if (fd < 0)
		return kinc_error_errno(err, errno, "cannot make a file for the edited spec");
	int result = kinc_write_all(fd, text, size, err);
	if (result < 0)
		return result;
	/* Of no effect on the unlinked file, which has no seals. */
	fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	int kept = fcntl(fd, F_DUPFD, least);
	if (kept < 0)
		return kinc_error_errno(err, errno, "cannot keep the edited spec as descriptor %d",
					least);
	return kept;
}

int handover_become(const char *runtime, char **argv, struct kinc_error *err)
{
	struct stat own, other;

	if (stat(runtime, &other) < 0)
		return kinc_error_errno(err, errno, "cannot find the container runtime %s",
					runtime);
	if (stat("/proc/self/exe", &own) == 0 && own.st_dev == other.st_dev &&
	    own.st_ino == other.st_ino)
		return kinc_error_set(err, ELOOP,
				      "the container runtime %s is kinc-crun itself; name crun as "
				      "\"runtime\" in /etc/kinc/crun.json",
				      runtime);
	/* With it `crun start` would wait for the container to say READY=1. */
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	execv(runtime, argv);
	return kinc_error_errno(err, errno, "cannot run %s", runtime);
}

static void log_refusal(const char *path, bool json, const char *sentence)
{
	char *line = NULL, time[40];
	size_t size = 0;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		return;
	if (json) {
		trace_timestamp(time);
		json_write_member(out, "{", "msg", sentence);
		json_write_member(out, ",", "level", "error");
		json_write_member(out, ",", "time", time);
		fputs("}\n", out);
	} else {
		fprintf(out, "%s\n", sentence);
	}
	if (fclose(out) == 0)
		trace_append(path, line, size);
	free(line);
}

void handover_refuse(const struct invocation *invocation, const struct kinc_error *err)
{
	const char *log = invocation->log;
	char sentence[sizeof(err->message) + 16];

	snprintf(sentence, sizeof(sentence), "kinc-crun: %s", err->message);
	fprintf(stderr, "%s\n", sentence);
	if (!log)
		return;
	if (strncmp(log, "file:", 5) == 0)
		log += 5;
	else if (strncmp(log, "syslog:", 7) == 0 || strncmp(log, "journald:", 9) == 0)
		return;
	log_refusal(log, invocation->log_format && strcmp(invocation->log_format, "json") == 0,
		    sentence);
}
