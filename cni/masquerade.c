/* SPDX-License-Identifier: MIT */
#include "masquerade.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "io.h"
#include "ipam.h"
#include "iptables.h"
#include "nft.h"

static void print_family(FILE *out, const char *network, const struct subnets *subnets, int family)
{
	const char *ip = family == AF_INET ? "ip" : "ip6";
	const char *multicast = family == AF_INET ? "224.0.0.0/4" : "ff00::/8";
	char text[IP_TEXT_MAX];
	bool begun = false;

	for (size_t i = 0; i < subnets->count; i++) {
		if (subnets->list[i].address.family != family)
			continue;
		if (!begun) {
			fprintf(out, "add table %s kinc\n", ip);
			fprintf(out,
				"add chain %s kinc masquerade-%s "
				"{ type nat hook postrouting priority srcnat; policy accept; }\n",
				ip, network);
			fprintf(out, "flush chain %s kinc masquerade-%s\n", ip, network);
			begun = true;
		}
		fprintf(out, "add rule %s kinc masquerade-%s %s saddr %s", ip, network, ip,
			prefix_format(&subnets->list[i], text));
		/* Not what stays in the network, whichever of its subnets. */
		for (size_t j = 0; j < subnets->count; j++)
			if (subnets->list[j].address.family == family)
				fprintf(out, " %s daddr != %s", ip,
					prefix_format(&subnets->list[j], text));
		fprintf(out, " %s daddr != %s masquerade\n", ip, multicast);
	}
}

static int add_subnet(struct subnets *subnets, const struct ip_prefix *subnet)
{
	for (size_t i = 0; i < subnets->count; i++)
		if (subnets->list[i].length == subnet->length &&
		    ip_equal(&subnets->list[i].address, &subnet->address))
			return 0;
	if (subnets->count == SUBNETS_MAX)
		return -ENOSPC;
	subnets->list[subnets->count++] = *subnet;
	return 0;
}

int masquerade_add_subnets(struct subnets *subnets, const struct conf *conf, struct kinc_error *err)
{
	for (size_t i = 0; i < conf->set_count; i++)
		for (size_t j = 0; j < conf->sets[i].count; j++)
			if (add_subnet(subnets, &conf->sets[i].ranges[j].subnet) < 0)
				return kinc_error_set(err, ENOSPC,
						      "network %s has more than %zu subnets",
						      conf->name, SUBNETS_MAX);
	return 0;
}

char *masquerade_ruleset(const char *network, const struct subnets *subnets)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_family(out, network, subnets, AF_INET);
	print_family(out, network, subnets, AF_INET6);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int apply(const struct conf *conf, const struct subnets *subnets, struct kinc_error *err)
{
	cleanup_free char *ruleset = masquerade_ruleset(conf->name, subnets);
	struct kinc_error nft, iptables;

	if (!ruleset)
		return kinc_error_errno(err, ENOMEM, "masquerade");
	if (nft_run(ruleset, &nft) == 0 || iptables_masquerade(conf->name, subnets, &iptables) == 0)
		return 0;
	return kinc_error_set(err, iptables.code, "cannot masquerade: %s; %s", nft.message,
			      iptables.message);
}

/* "net:[INODE] SUBNET SUBNET..." */
#define MARK_MAX (32 + SUBNETS_MAX * IP_TEXT_MAX)
#define PREFIX_MAX 32

static int describe_netns(char prefix[PREFIX_MAX], struct kinc_error *err)
{
	struct stat netns;

	if (stat("/proc/self/ns/net", &netns) < 0)
		return kinc_error_errno(err, errno, "cannot look at /proc/self/ns/net");
	snprintf(prefix, PREFIX_MAX, "net:[%ju]", (uintmax_t)netns.st_ino);
	return 0;
}

/* The subnets whose rules are in place; none where the mark is of another namespace. */
static void read_mark(const struct ipam *ipam, const char *netns, struct subnets *subnets)
{
	char text[MARK_MAX], *state = NULL;
	ssize_t size = readlinkat(ipam->directory, "masquerade", text, sizeof(text) - 1);

	subnets->count = 0;
	text[size < 0 ? 0 : size] = '\0';
	const char *word = strtok_r(text, " ", &state);
	if (!word || strcmp(word, netns) != 0)
		return;
	while ((word = strtok_r(NULL, " ", &state))) {
		struct ip_prefix subnet;
		if (prefix_parse(word, &subnet) == 0)
			add_subnet(subnets, &subnet);
	}
}

static int write_mark(const struct ipam *ipam, const char *netns, const struct subnets *subnets)
{
	char text[MARK_MAX], subnet[IP_TEXT_MAX];
	int used = snprintf(text, sizeof(text), "%s", netns);

	for (size_t i = 0; i < subnets->count; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used, " %s",
				 prefix_format(&subnets->list[i], subnet));
	if ((unlinkat(ipam->directory, "masquerade", 0) < 0 && errno != ENOENT) ||
	    symlinkat(text, ipam->directory, "masquerade") < 0)
		return -errno;
	return 0;
}

/* 1: rules for all subnets of conf are in place. Else subnets are those that shall be. */
static int look(const struct ipam *ipam, const char *netns, const struct conf *conf,
		struct subnets *subnets, struct kinc_error *err)
{
	read_mark(ipam, netns, subnets);
	size_t before = subnets->count;
	int result = masquerade_add_subnets(subnets, conf, err);

	return result < 0 ? result : subnets->count == before;
}

int masquerade_ensure(struct ipam *ipam, const struct conf *conf, struct kinc_error *err)
{
	char netns[PREFIX_MAX];
	struct subnets subnets;
	int result = describe_netns(netns, err);

	if (result == 0)
		result = look(ipam, netns, conf, &subnets, err);
	if (result != 0)
		return result < 0 ? result : 0;
	cleanup_close int lock = ipam_lock(ipam, err);
	if (lock < 0)
		return lock;
	/* Perhaps by the one we waited for. */
	result = look(ipam, netns, conf, &subnets, err);
	if (result != 0)
		return result < 0 ? result : 0;
	result = apply(conf, &subnets, err);
	if (result < 0)
		return result;
	result = write_mark(ipam, netns, &subnets);
	if (result < 0)
		return kinc_error_errno(err, -result, "cannot write the mark in %s/%s",
					conf->data_dir, conf->name);
	return 0;
}
