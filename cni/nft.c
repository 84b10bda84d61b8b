/* SPDX-License-Identifier: MIT */
#include "nft.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "cleanup.h"

/* libnftables ends the process when it gets no socket. */
static bool kernel_has_nfnetlink(void)
{
	cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	return fd >= 0;
}

struct library {
	__typeof__(nft_ctx_new) *new;
	__typeof__(nft_ctx_free) *free;
	__typeof__(nft_ctx_buffer_output) *buffer_output;
	__typeof__(nft_ctx_buffer_error) *buffer_error;
	__typeof__(nft_ctx_get_error_buffer) *get_error;
	__typeof__(nft_run_cmd_from_buffer) *run;
};

static bool library_load(struct library *library)
{
	/* Never unloaded: kincnet ends soon. */
	void *handle = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		return false;
	*(void **)&library->new = dlsym(handle, "nft_ctx_new");
	*(void **)&library->free = dlsym(handle, "nft_ctx_free");
	*(void **)&library->buffer_output = dlsym(handle, "nft_ctx_buffer_output");
	*(void **)&library->buffer_error = dlsym(handle, "nft_ctx_buffer_error");
	*(void **)&library->get_error = dlsym(handle, "nft_ctx_get_error_buffer");
	*(void **)&library->run = dlsym(handle, "nft_run_cmd_from_buffer");
	return library->new && library->free && library->buffer_output && library->buffer_error &&
	       library->get_error && library->run;
}

int nft_run(const char *ruleset, struct kinc_error *err)
{
	struct library library;

	if (!kernel_has_nfnetlink())
		return kinc_error_set(err, EOPNOTSUPP, "the kernel has no nfnetlink");
	if (!library_load(&library))
		return kinc_error_set(err, EOPNOTSUPP, "libnftables.so.1 can't be loaded");
	struct nft_ctx *context = library.new(NFT_CTX_DEFAULT);
	if (!context)
		return kinc_error_errno(err, ENOMEM, "libnftables");
	int result = 0;
	/* What it says must not get on stdout, which is the runtime's. */
	if (library.buffer_output(context) != 0 || library.buffer_error(context) != 0)
		result = kinc_error_errno(err, ENOMEM, "libnftables");
	else if (library.run(context, ruleset) != 0)
		result =
			kinc_error_set(err, EOPNOTSUPP, "nftables: %s", library.get_error(context));
	library.free(context);
	return result;
}
