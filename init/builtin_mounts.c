/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "builtin.h"
#include "cleanup.h"
#include "expand.h"
#include "io.h"
#include "report.h"

#define CONTENT_DIRECTORY "/run/kinc/content"

static const struct {
	const char *word;
	unsigned long flag;
} words[] = {
	{"ro", MS_RDONLY},     {"nosuid", MS_NOSUID},	{"nodev", MS_NODEV},
	{"noexec", MS_NOEXEC}, {"noatime", MS_NOATIME}, {"relatime", MS_RELATIME},
};

/* Splits "nosuid,size=1m" into flags and what the file system itself reads. */
static unsigned long take_flags(char *options, char *data, size_t size)
{
	unsigned long flags = 0;
	char *rest, *word;

	data[0] = '\0';
	for (word = strtok_r(options, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		size_t i = 0;
		while (i < sizeof(words) / sizeof(words[0]) && strcmp(words[i].word, word) != 0)
			i++;
		if (i < sizeof(words) / sizeof(words[0]))
			flags |= words[i].flag;
		else
			snprintf(data + strlen(data), size - strlen(data), "%s%s",
				 data[0] ? "," : "", word);
	}
	return flags;
}

/* A user namespace may not clear flags of what it binds: they are named again. */
static unsigned long locked_flags(const char *path)
{
	struct statvfs status;
	unsigned long flags = 0;

	if (statvfs(path, &status) < 0)
		return 0;
	flags |= status.f_flag & ST_NOSUID ? MS_NOSUID : 0;
	flags |= status.f_flag & ST_NODEV ? MS_NODEV : 0;
	flags |= status.f_flag & ST_NOEXEC ? MS_NOEXEC : 0;
	flags |= status.f_flag & ST_NOATIME ? MS_NOATIME : 0;
	flags |= status.f_flag & ST_RELATIME ? MS_RELATIME : 0;
	flags |= status.f_flag & ST_RDONLY ? MS_RDONLY : 0;
	return flags;
}

/* What is bound over must exist: a directory or a file, as the source is. */
static int make_target(const char *source, const char *target, struct kinc_error *err)
{
	struct stat status;

	if (stat(target, &status) == 0)
		return 0;
	if (stat(source, &status) < 0)
		return kinc_error_errno(err, errno, "cannot bind %s", source);
	if (S_ISDIR(status.st_mode))
		return kinc_make_directories(target, 0755, err);
	cleanup_close int fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	return fd >= 0 ? 0 : kinc_error_errno(err, errno, "cannot make %s", target);
}

static int bind(const char *source, const char *target, bool read_only, struct kinc_error *err)
{
	int result = make_target(source, target, err);

	if (result < 0)
		return result;
	if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) < 0)
		return kinc_error_errno(err, errno, "cannot bind %s over %s", source, target);
	if (read_only && mount(NULL, target, NULL,
			       MS_REMOUNT | MS_BIND | MS_RDONLY | locked_flags(target), NULL) < 0)
		return kinc_error_errno(err, errno, "cannot make %s read-only", target);
	return 0;
}

/* A file of that content under /run, bound over the target. */
static int bind_content(const char *content, const char *target, bool read_only,
			struct kinc_error *err)
{
	char path[300];
	size_t length;

	int result = kinc_make_directories(CONTENT_DIRECTORY, 0755, err);
	if (result < 0)
		return result;
	snprintf(path, sizeof(path), CONTENT_DIRECTORY "/%.200s", target);
	length = strlen(CONTENT_DIRECTORY) + 1;
	for (char *c = path + length; *c; c++)
		if (*c == '/')
			*c = '-';
	result = kinc_write_file_atomic(path, content, strlen(content), 0644, err);
	return result < 0 ? result : bind(path, target, read_only, err);
}

static int mount_one(const struct mount_spec *spec, const struct variables *variables,
		     struct kinc_error *err)
{
	cleanup_free char *target = expand_text(spec->target, variables, err);
	cleanup_free char *source =
		target ? expand_text(spec->source ? spec->source : spec->type, variables, err) : NULL;
	cleanup_free char *content =
		source ? expand_text(spec->content ? spec->content : "", variables, err) : NULL;
	cleanup_free char *options =
		content ? expand_text(spec->options ? spec->options : "", variables, err) : NULL;
	char data[1024];

	if (!options)
		return -err->code;
	if (strcmp(spec->type, "content") == 0)
		return bind_content(content, target, spec->read_only, err);
	if (strcmp(spec->type, "bind") == 0)
		return bind(source, target, spec->read_only, err);
	unsigned long flags = take_flags(options, data, sizeof(data));
	if (spec->read_only)
		flags |= MS_RDONLY;
	int result = kinc_make_directories(target, 0755, err);
	if (result == 0 && mount(source, target, spec->type, flags, data[0] ? data : NULL) < 0)
		result = kinc_error_errno(err, errno, "cannot mount %s at %s", spec->type, target);
	return result;
}

static int make_directory(const struct directory_spec *spec, const struct variables *variables,
			  struct kinc_error *err)
{
	cleanup_free char *path = expand_text(spec->path, variables, err);

	if (!path)
		return -err->code;
	int result = kinc_make_directories(path, 0755, err);
	if (result == 0 && chmod(path, (mode_t)spec->mode) < 0)
		result = kinc_error_errno(err, errno, "cannot set the mode of %s", path);
	return result;
}

static int make_symlink(const struct symlink_spec *spec, const struct variables *variables,
			struct kinc_error *err)
{
	cleanup_free char *path = expand_text(spec->path, variables, err);
	cleanup_free char *target = path ? expand_text(spec->target, variables, err) : NULL;
	char there[4096];

	if (!target)
		return -err->code;
	ssize_t size = readlink(path, there, sizeof(there) - 1);
	if (size >= 0) {
		there[size] = '\0';
		if (strcmp(there, target) == 0)
			return 0;
		unlink(path);
	}
	if (symlink(target, path) < 0)
		return kinc_error_errno(err, errno, "cannot make the symlink %s", path);
	return 0;
}

int builtin_mounts(const struct unit *unit, const struct builtin_context *context,
		   struct kinc_error *err)
{
	const struct directory_spec *directories = unit->directories.items;
	const struct mount_spec *mounts = unit->mounts.items;
	const struct symlink_spec *symlinks = unit->symlinks.items;
	int result = 0;

	for (size_t i = 0; i < unit->directories.count && result == 0; i++)
		result = make_directory(&directories[i], context->variables, err);
	for (size_t i = 0; i < unit->mounts.count && result == 0; i++) {
		result = mount_one(&mounts[i], context->variables, err);
		if (result < 0 && mounts[i].optional) {
			report_send(context->report, REPORT_NOTE, "left out: %s", err->message);
			result = 0;
		}
	}
	/* Again: a mount may have hidden some. */
	for (size_t i = 0; i < unit->directories.count && result == 0; i++)
		result = make_directory(&directories[i], context->variables, err);
	for (size_t i = 0; i < unit->symlinks.count && result == 0; i++)
		result = make_symlink(&symlinks[i], context->variables, err);
	return result;
}
