/* SPDX-License-Identifier: MIT */
#include "masquerade.h"

#include <dlfcn.h>
#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "conf_ranges.h"
#include "io.h"
#include "ipam.h"
#include "iptables.h"

#include <linux/netlink.h>

static void print_family(FILE *out, const struct conf *conf, int family)
{
	const char *ip = family == AF_INET ? "ip" : "ip6";
	const char *multicast = family == AF_INET ? "224.0.0.0/4" : "ff00::/8";
	const struct ip_range *ranges[CONF_SETS_MAX * CONF_RANGES_MAX];
	size_t count = conf_list_ranges(conf, family, ranges);
	char text[IP_TEXT_MAX];

	if (count == 0)
		return;
	fprintf(out, "add table %s kinc\n", ip);
	fprintf(out,
		"add chain %s kinc masquerade-%s "
		"{ type nat hook postrouting priority srcnat; policy accept; }\n",
		ip, conf->name);
	fprintf(out, "flush chain %s kinc masquerade-%s\n", ip, conf->name);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "add rule %s kinc masquerade-%s %s saddr %s", ip, conf->name, ip,
			prefix_format(&ranges[i]->subnet, text));
		/* Not what stays in the network, whichever of its subnets. */
		for (size_t j = 0; j < count; j++)
			fprintf(out, " %s daddr != %s", ip,
				prefix_format(&ranges[j]->subnet, text));
		fprintf(out, " %s daddr != %s masquerade\n", ip, multicast);
	}
}

char *masquerade_ruleset(const struct conf *conf)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_family(out, conf, AF_INET);
	print_family(out, conf, AF_INET6);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

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

static int run_nft(const char *ruleset, struct kinc_error *err)
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

static int apply(const struct conf *conf, struct kinc_error *err)
{
	cleanup_free char *ruleset = masquerade_ruleset(conf);
	struct kinc_error nft, iptables;

	if (!ruleset)
		return kinc_error_errno(err, ENOMEM, "masquerade");
	if (run_nft(ruleset, &nft) == 0 || iptables_masquerade(conf, &iptables) == 0)
		return 0;
	return kinc_error_set(err, iptables.code, "cannot masquerade: %s; %s", nft.message,
			      iptables.message);
}

/* What the mark must say for the rules to be in place. */
static char *describe(const struct conf *conf, struct kinc_error *err)
{
	struct stat netns;
	char *text = NULL, subnet[IP_TEXT_MAX];
	size_t size;
	FILE *out;

	if (stat("/proc/self/ns/net", &netns) < 0) {
		kinc_error_errno(err, errno, "cannot look at /proc/self/ns/net");
		return NULL;
	}
	out = open_memstream(&text, &size);
	if (!out) {
		kinc_error_errno(err, ENOMEM, "masquerade");
		return NULL;
	}
	fprintf(out, "net:[%ju]", (uintmax_t)netns.st_ino);
	for (size_t i = 0; i < conf->set_count; i++)
		for (size_t j = 0; j < conf->sets[i].count; j++)
			fprintf(out, " %s", prefix_format(&conf->sets[i].ranges[j].subnet, subnet));
	if (fclose(out) == 0)
		return text;
	kinc_error_errno(err, ENOMEM, "masquerade");
	free(text);
	return NULL;
}

static bool marked(const struct ipam *ipam, const char *description)
{
	char text[CONF_SETS_MAX * CONF_RANGES_MAX * IP_TEXT_MAX];
	ssize_t size = readlinkat(ipam->directory, "masquerade", text, sizeof(text));

	return size >= 0 && (size_t)size == strlen(description) &&
	       memcmp(text, description, (size_t)size) == 0;
}

int masquerade_ensure(const struct conf *conf, struct kinc_error *err)
{
	cleanup_free char *description = describe(conf, err), *path = NULL;
	cleanup_ipam struct ipam ipam = IPAM_NONE;

	if (!description)
		return -EIO;
	int result = ipam_open(&ipam, conf, err);
	if (result < 0 || marked(&ipam, description))
		return result;

	if (asprintf(&path, "%s/%s/lock", conf->data_dir, conf->name) < 0) {
		path = NULL;
		return kinc_error_errno(err, ENOMEM, "masquerade");
	}
	cleanup_close int lock = kinc_lock_file(path, err);
	if (lock < 0)
		return lock;
	if (marked(&ipam, description)) /* by the one we waited for */
		return 0;
	result = apply(conf, err);
	if (result < 0)
		return result;
	if ((unlinkat(ipam.directory, "masquerade", 0) < 0 && errno != ENOENT) ||
	    symlinkat(description, ipam.directory, "masquerade") < 0)
		return kinc_error_errno(err, errno, "cannot write the mark in %s/%s",
					conf->data_dir, conf->name);
	return 0;
}
