/* SPDX-License-Identifier: MIT */
/* Requests to a ground's server, and the texts of /proc and /etc that decide about it. */
#include "host/session_request.c"

#include "host/cgroup_position.c"
#include "host/environment.c"
#include "host/ground_state.c"
#include "host/user.c"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_session struct session_request request = {0};
	cleanup_free char *text = strndup((const char *)data, size);

	if (session_request_parse((const char *)data, size, &request, NULL) == 0)
		assert(request.argv[0] && request.directory);
	free(cgroup_position_parse(text));
	(void)ground_parse_starttime(text);
	(void)user_count_subids(text, "user", 1000);
	return 0;
}
