/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "json.h"
#include "podman.h"
#include "version.h"

const char *image_newest(const cJSON *images)
{
	static const char prefix[] = IMAGE_REPOSITORY ":";
	const cJSON *image, *name;
	const char *newest = NULL;
	double created = -1;

	cJSON_ArrayForEach(image, images)
	{
		double at = kinc_json_number(image, "Created", 0);
		if (at <= created)
			continue;
		cJSON_ArrayForEach(name, kinc_json_get(image, "Names"))
		{
			if (!cJSON_IsString(name) ||
			    strncmp(name->valuestring, prefix, sizeof(prefix) - 1) != 0)
				continue;
			newest = name->valuestring;
			created = at;
		}
	}
	return newest;
}

int image_check_present(const char *name, struct kinc_error *err)
{
	struct kinc_error ignored = {0};

	if (*name == '-' || !*name)
		return kinc_error_set(err, EINVAL, "\"%s\" is not the name of an image", name);
	int result = podman_call(NULL, &ignored, "image", "exists", name, PODMAN_END);
	if (result == -EREMOTEIO)
		return kinc_error_set(err, ENOENT,
				      "no image %s here: `podman pull %s`, or `make image`", name,
				      name);
	if (result < 0 && err)
		*err = ignored;
	return result;
}

int image_labels(const char *name, cJSON **ret, struct kinc_error *err)
{
	return podman_call_json(ret, err, "image", "inspect", "--format", "{{json .Labels}}", name,
				PODMAN_END);
}

static int check_protocol(const char *name, struct kinc_error *err)
{
	cleanup_json cJSON *labels = NULL;
	int result = image_labels(name, &labels, err);

	if (result < 0)
		return result;
	const char *protocol = kinc_json_string(labels, "io.kinc.protocol", "");
	if (!*protocol)
		return kinc_error_set(err, ENOEXEC,
				      "%s is not an image of a node of kinc (it lacks the label "
				      "io.kinc.protocol)",
				      name);
	if (strtol(protocol, NULL, 10) == KINC_PROTOCOL)
		return 0;
	return kinc_error_set(err, EPROTONOSUPPORT,
			      "%s speaks control protocol %.20s, this kinc-launch %d: use the "
			      "kinc-launch of its version, or `make image` with this one",
			      name, protocol, KINC_PROTOCOL);
}

int image_resolve(const char *wanted, char **ret, struct kinc_error *err)
{
	cleanup_json cJSON *images = NULL;
	int result;

	if (!wanted)
		wanted = getenv("KINC_IMAGE");
	if (wanted) {
		result = image_check_present(wanted, err);
	} else {
		result = podman_call_json(&images, err, "images", "--format", "json", "--filter",
					  "reference=" IMAGE_REPOSITORY, PODMAN_END);
		wanted = result == 0 ? image_newest(images) : NULL;
		if (result == 0 && !wanted)
			result = kinc_error_set(err, ENOENT,
						"no image " IMAGE_REPOSITORY " here: `make image` "
						"builds it, or name another by --image");
	}
	if (result == 0)
		result = check_protocol(wanted, err);
	if (result < 0)
		return result;
	*ret = strdup(wanted ? wanted : "");
	return *ret ? 0 : kinc_error_errno(err, ENOMEM, "image");
}
