/* SPDX-License-Identifier: MIT */
/*
 * Mirrors of registries for whichever runtime the image has. CRI-O (and skopeo)
 * read all of them from one file, containerd a folder for each registry.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "builtin.h"
#include "cleanup.h"
#include "io.h"
#include "mirror.h"
#include "report.h"

#define CRIO_FOLDER "/etc/containers/registries.conf.d"
#define CONTAINERD_FOLDER "/etc/containerd/certs.d"

/* Whether a mirror of that registry stands before end in the list. */
static bool is_repeated(const char *list, const char *end, const char *registry)
{
	struct mirror mirror;

	while (list < end && mirror_next(&list, &mirror, NULL) > 0)
		if (strcmp(mirror.registry, registry) == 0)
			return true;
	return false;
}

/* All mirrors of a registry, as either program has it. */
static void print_mirrors(FILE *out, const char *list, const char *registry, bool crio)
{
	struct mirror mirror;

	while (mirror_next(&list, &mirror, NULL) > 0) {
		if (strcmp(mirror.registry, registry) != 0)
			continue;
		if (crio)
			fprintf(out, "[[registry.mirror]]\nlocation = \"%s\"\ninsecure = %s\n",
				mirror_host(mirror.url),
				strncmp(mirror.url, "http:", 5) == 0 ? "true" : "false");
		else
			fprintf(out, "[host.\"%s\"]\ncapabilities = [\"pull\", \"resolve\"]\n",
				mirror.url);
	}
}

static int finish(FILE *out, char **text, const char *folder, const char *name,
		  struct kinc_error *err)
{
	char path[sizeof(CONTAINERD_FOLDER) + MIRROR_NAME_MAX + 16];

	if (!out || fclose(out) != 0 || !*text)
		return kinc_error_errno(err, ENOMEM, "mirrors of registries");
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	int result = kinc_make_directories(folder, 0755, err);
	return result < 0 ? result
			  : kinc_write_file_atomic(path, *text, strlen(*text), 0644, err);
}

static int write_crio(const char *list, struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct mirror mirror;
	const char *at = list;

	for (const char *before = at; out && mirror_next(&at, &mirror, NULL) > 0; before = at) {
		if (is_repeated(list, before, mirror.registry))
			continue;
		fprintf(out, "[[registry]]\nprefix = \"%s\"\nlocation = \"%s\"\n", mirror.registry,
			mirror.registry);
		print_mirrors(out, list, mirror.registry, true);
	}
	return finish(out, &text, CRIO_FOLDER, "50-kinc-mirrors.conf", err);
}

static int write_containerd(const char *list, struct kinc_error *err)
{
	struct mirror mirror;
	const char *at = list;

	while (mirror_next(&at, &mirror, NULL) > 0) {
		cleanup_free char *text = NULL;
		size_t size = 0;
		char folder[sizeof(CONTAINERD_FOLDER) + MIRROR_NAME_MAX];
		FILE *out = open_memstream(&text, &size);
		snprintf(folder, sizeof(folder), CONTAINERD_FOLDER "/%s", mirror.registry);
		if (out)
			print_mirrors(out, list, mirror.registry, false);
		int result = finish(out, &text, folder, "hosts.toml", err);
		if (result < 0)
			return result;
	}
	return 0;
}

int builtin_registries(const struct unit *unit, const struct builtin_context *context,
		       struct kinc_error *err)
{
	static const char name[] = "KINC_REGISTRY_MIRRORS";
	const char *list = variables_get(context->variables, name, sizeof(name) - 1);
	struct mirror mirror;
	int count = 0, result;

	(void)unit;
	if (!list || !*list)
		return 0;
	for (const char *at = list; (result = mirror_next(&at, &mirror, err)) > 0; count++)
		;
	if (result < 0)
		return kinc_error_prefix(err, "%s", name);
	if (access("/etc/crio", F_OK) == 0)
		result = write_crio(list, err);
	if (result == 0 && access("/etc/containerd", F_OK) == 0)
		result = write_containerd(list, err);
	if (result == 0)
		report_send(context->report, REPORT_NOTE, "%d mirror%s", count, count == 1 ? "" : "s");
	return result;
}
