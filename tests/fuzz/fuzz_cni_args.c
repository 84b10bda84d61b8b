/* SPDX-License-Identifier: MIT */
/* CNI_ARGS, and what else a runtime says by environment variables. */
#include <assert.h>
#include <stdint.h>

#include "cni/args.c"
#include "cni/conf.c"
#include "cni/conf_json.c"
#include "cni/conf_ranges.c"
#include "cni/conf_routes.c"
#include "cni/conf_wish.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"CNI_ARGS", "CNI_CONTAINERID", "CNI_IFNAME"};
	/* Not by setenv, which never frees what it replaces. */
	char arguments[] = "CNI_ARGS=", id[] = "CNI_CONTAINERID=c1", ifname[] = "CNI_IFNAME=eth0";
	char *variables[] = {arguments, id, ifname, NULL}, *text = NULL;
	struct conf_wish wish = {.count = 0};
	struct kinc_error err = {0};
	struct args args;

	if (size == 0)
		return 0;
	size_t which = data[0] % 3;
	if (asprintf(&text, "%s=%.*s", names[which], (int)size - 1, (const char *)data + 1) < 0)
		return 0;
	variables[which] = text;
	char **before = environ;
	environ = variables;
	if (args_read(&args, false, &wish, &err) == 0) {
		assert(conf_name_valid(args.owner.container));
		assert(conf_interface_valid(args.owner.ifname));
		assert(wish.count <= CONF_WISHES_MAX && (!wish.has_mac || !(wish.mac[0] & 1)));
	} else {
		assert(err.code == EINVAL && err.message[0]);
	}
	environ = before;
	free(text);
	return 0;
}
