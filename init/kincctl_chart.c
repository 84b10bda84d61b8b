/* SPDX-License-Identifier: MIT */
/* kincctl chart: the boot as a picture. */
#include <errno.h>
#include <stdio.h>

#include "boot_chart.h"
#include "cleanup.h"
#include "json.h"
#include "kincctl.h"

int command_chart(struct kinc_control *control, const struct arguments *arguments,
		  struct kinc_error *err)
{
	cleanup_json cJSON *status = NULL;
	int result = command_ask(control, "status", &status, err);

	if (result < 0)
		return result;
	if (!arguments->json) {
		result = kinc_boot_chart_draw(status, stdout, err);
		return result < 0 ? result : KINC_EXIT_OK;
	}
	cleanup_json cJSON *object = kinc_boot_chart_object(status);
	cleanup_free char *text = object ? cJSON_PrintUnformatted(object) : NULL;
	if (!text)
		return kinc_error_errno(err, ENOMEM, "drawing the boot");
	puts(text);
	return KINC_EXIT_OK;
}
