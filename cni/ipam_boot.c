/* SPDX-License-Identifier: MIT */
#include "ipam_boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"

/* Field 22 of proc(5)'s stat, counted from behind the name, which may hold blanks. */
#define FIELDS_TO_START 20
#define BOOT_MAX 128

static int describe(char text[BOOT_MAX], struct kinc_error *err)
{
	cleanup_free char *id = NULL, *stat = NULL;
	int result =
		kinc_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &id, NULL, err);

	if (result == 0)
		result = kinc_read_file(AT_FDCWD, "/proc/1/stat", 4096, &stat, NULL, err);
	if (result < 0)
		return result;
	const char *start = stat ? strrchr(stat, ')') : NULL;
	for (int i = 0; start && i < FIELDS_TO_START; i++)
		start = strchr(start + 1, ' ');
	if (!start)
		return kinc_error_set(err, EBADMSG, "/proc/1/stat has too few fields");
	start++;
	snprintf(text, BOOT_MAX, "%.*s.%.*s", (int)strcspn(id, "\n"), id, (int)strcspn(start, " "),
		 start);
	return 0;
}

static bool marked(const struct ipam *ipam, const char *boot)
{
	char text[BOOT_MAX];
	ssize_t size = readlinkat(ipam->directory, "boot", text, sizeof(text));

	return size >= 0 && (size_t)size == strlen(boot) && memcmp(text, boot, (size_t)size) == 0;
}

int ipam_boot_ensure(struct ipam *ipam, const struct conf *conf, struct kinc_error *err)
{
	char boot[BOOT_MAX];
	int result = describe(boot, err);

	if (result < 0 || marked(ipam, boot))
		return result;
	cleanup_close int lock = ipam_lock(ipam, err);
	if (lock < 0)
		return lock;
	if (marked(ipam, boot)) /* by the one we waited for */
		return 0;
	result = ipam_forget(ipam, err);
	if (result == 0 && unlinkat(ipam->directory, "masquerade", 0) < 0 && errno != ENOENT)
		result = -errno;
	if (result == 0 && unlinkat(ipam->directory, "boot", 0) < 0 && errno != ENOENT)
		result = -errno;
	if (result == 0 && symlinkat(boot, ipam->directory, "boot") < 0)
		result = -errno;
	if (result < 0)
		return kinc_error_errno(err, -result, "cannot forget the leases in %s/%s",
					conf->data_dir, conf->name);
	return 0;
}
