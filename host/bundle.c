/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "redact.h"
#include "run.h"

enum { FILE_KEPT = 8 << 20, DESCRIPTORS = 16 };

int bundle_make(struct bundle *bundle, const char *name, struct kinc_error *err)
{
	const char *base = getenv("TMPDIR");
	char folder[BUNDLE_PATH_MAX + 100];

	snprintf(bundle->name, sizeof(bundle->name), "%s", name);
	snprintf(bundle->directory, sizeof(bundle->directory), "%s/kinc-export.XXXXXX",
		 base && *base == '/' ? base : "/tmp");
	if (!mkdtemp(bundle->directory)) {
		*bundle->directory = '\0';
		return kinc_error_errno(err, errno, "cannot make a folder for what is exported");
	}
	snprintf(folder, sizeof(folder), "%s/%s", bundle->directory, name);
	if (mkdir(folder, 0700) < 0)
		return kinc_error_errno(err, errno, "cannot make %s", folder);
	return 0;
}

int bundle_add(const struct bundle *bundle, const char *file, const char *text, size_t size,
	       struct kinc_error *err)
{
	char path[2 * BUNDLE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/%s", bundle->directory, bundle->name, file);
	return kinc_write_file_atomic(path, text, size, 0600, err);
}

/* Where to begin: not within a line, nor within a key whose beginning is elsewhere. */
static const char *beginning(const char *text, const char *end, bool cut)
{
	static const char opening[] = "-----BEGIN ", closing[] = "-----END ";
	const char *from = cut ? memchr(text, '\n', (size_t)(end - text)) : text;

	if (!from)
		return end;
	const char *open = memmem(from, (size_t)(end - from), opening, sizeof(opening) - 1);
	const char *close = memmem(from, (size_t)(end - from), closing, sizeof(closing) - 1);
	return close && (!open || close < open) ? close : from;
}

static int redact_file(const char *path, off_t size)
{
	cleanup_free char *text = NULL, *clean = NULL;
	size_t length = 0, cleaned = 0;
	bool cut = size > FILE_KEPT;
	cleanup_close int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || (cut && lseek(fd, size - FILE_KEPT, SEEK_SET) < 0))
		return -1;
	if (kinc_read_fd(fd, path, FILE_KEPT, &text, &length, NULL) < 0)
		return -1;
	const char *from = beginning(text, text + length, cut);
	if (redact_text(from, length - (size_t)(from - text), &clean, &cleaned, NULL) < 0)
		return -1;
	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -1;
	return kinc_write_all(fd, clean, cleaned, NULL);
}

static int redact_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)where;
	if (type == FTW_D)
		return 0;
	if (type == FTW_F && S_ISREG(status->st_mode) && chmod(path, 0600) == 0 &&
	    redact_file(path, status->st_size) == 0)
		return 0;
	/* A link, or what cannot be looked through: out with it. */
	return unlink(path) == 0 ? 0 : -1;
}

int bundle_redact(const struct bundle *bundle, struct kinc_error *err)
{
	if (nftw(bundle->directory, redact_one, DESCRIPTORS, FTW_PHYS | FTW_MOUNT) != 0)
		return kinc_error_errno(err, errno ? errno : EIO, "cannot take out what is secret");
	return 0;
}

int bundle_pack(const struct bundle *bundle, const char *path, struct kinc_error *err)
{
	const char *const argv[] = {"tar",	 "--create",	"--gzip",	   "--owner=0",
				    "--group=0", "--directory", bundle->directory, bundle->name,
				    NULL};
	cleanup_close int out =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	pid_t pid;

	if (out < 0 || fchmod(out, 0600) < 0)
		return kinc_error_errno(err, errno, "cannot write %s", path);
	int result = kinc_run_start(argv, -1, out, STDERR_FILENO, &pid);
	if (result < 0)
		return kinc_error_errno(err, -result, "cannot run tar");
	if (kinc_run_wait(pid) != 0)
		return kinc_error_set(err, EIO, "tar could not write %s", path);
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	remove(path);
	return 0;
}

void bundle_remove(struct bundle *bundle)
{
	if (*bundle->directory)
		nftw(bundle->directory, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	*bundle->directory = '\0';
}
