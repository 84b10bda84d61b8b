/* SPDX-License-Identifier: MIT */
/* chart: the boot as a picture, drawn here from what the node's kinc-init tells. */
#include "chart.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot_chart.h"
#include "cleanup.h"
#include "cluster.h"
#include "io.h"
#include "json.h"
#include "launch.h"
#include "look.h"

int chart_text(const cJSON *status, char **ret, size_t *ret_size, struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return kinc_error_errno(err, errno, "drawing the boot");
	int result = kinc_boot_chart_draw(status, out, err);
	if (fclose(out) != 0 && result == 0)
		result = kinc_error_errno(err, errno, "drawing the boot");
	if (result < 0)
		return result;
	*ret = steal_ptr(&text);
	*ret_size = size;
	return 0;
}

/* Says where it is, in full: it is to be opened from elsewhere. */
static int write_chart(const cJSON *status, const char *path, struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	int result = chart_text(status, &text, &size, err);

	if (result == 0 && strcmp(path, "-") == 0)
		return fwrite(text, 1, size, stdout) == size && fflush(stdout) == 0
			       ? 0
			       : kinc_error_errno(err, errno, "cannot print");
	if (result == 0)
		result = kinc_write_file_atomic(path, text, size, 0644, err);
	if (result < 0)
		return result;
	cleanup_free char *full = realpath(path, NULL);
	puts(full ? full : path);
	return 0;
}

int command_chart(struct launch *launch, struct kinc_error *err)
{
	cleanup_json cJSON *status = NULL;
	char path[CLUSTER_TEXT_MAX];
	struct cluster cluster;

	if (launch->operand_count > 1) {
		kinc_error_set(err, EINVAL, "chart takes one file to write to");
		return KINC_EXIT_MISUSE;
	}
	if (launch->json && launch->operand_count && strcmp(launch->operands[0], "-") != 0) {
		kinc_error_set(err, EINVAL, "chart --json prints, and takes no file");
		return KINC_EXIT_MISUSE;
	}
	int result = cluster_find_running(launch->cluster, &cluster, err);
	if (result < 0)
		return cluster_exit_status(result);
	if (look_status(cluster.name, &status, err) < 0)
		return KINC_EXIT_SYSTEM;
	if (launch->json) {
		cleanup_json cJSON *object = kinc_boot_chart_object(status);
		return look_print_json(object, err);
	}
	snprintf(path, sizeof(path), "kinc-%s.svg", cluster.name);
	result = write_chart(status, launch->operand_count ? launch->operands[0] : path, err);
	return result < 0 ? KINC_EXIT_SYSTEM : KINC_EXIT_OK;
}
