/* SPDX-License-Identifier: MIT */
#include "iptables.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "run.h"

/* iptables -w waits for others that hold its lock; kube-proxy may for seconds. */
#define TIMEOUT_MS 30000

#define ARGUMENTS_MAX 16

/* argv: program, then arguments. What it complains about goes into err. */
static int run(const char *const *argv, struct kinc_error *err)
{
	cleanup_run_result struct kinc_run_result said = {0};
	int status = kinc_run(argv, 1 << 20, TIMEOUT_MS, &said, err);

	if (status < 0 || said.status == 0)
		return status;
	return kinc_error_set(err, EIO, "%s ended with status %d: %s", argv[0], said.status,
			      said.errors);
}

/* PROGRAM -w -t nat OPERATION CHAIN ARGUMENTS... */
static int call(const char *program, const char *operation, const char *chain,
		const char *const *arguments, struct kinc_error *err)
{
	const char *argv[ARGUMENTS_MAX] = {program, "-w", "-t", "nat", operation, chain};

	for (size_t i = 6; *arguments && i < ARGUMENTS_MAX - 1; i++)
		argv[i] = *arguments++;
	return run(argv, err);
}
#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static int masquerade_family(const struct subnets *subnets, int family, const char *chain,
			     struct kinc_error *err)
{
	const char *program = family == AF_INET ? "iptables" : "ip6tables";
	static const char *const none[] = {NULL};
	const char *multicast = family == AF_INET ? "224.0.0.0/4" : "ff00::/8";
	char texts[SUBNETS_MAX][IP_TEXT_MAX];
	size_t count = 0;
	int result = 0;

	for (size_t i = 0; i < subnets->count; i++)
		if (subnets->list[i].address.family == family)
			prefix_format(&subnets->list[i], texts[count++]);
	if (count == 0)
		return 0;
	/* The chain may be there from before; then it is emptied. */
	if (call(program, "-N", chain, none, NULL) < 0)
		result = call(program, "-F", chain, none, err);
	if (result == 0)
		result =
			call(program, "-A", chain, ARGUMENTS("-d", multicast, "-j", "RETURN"), err);
	for (size_t i = 0; result == 0 && i < count; i++)
		result = call(program, "-A", chain, ARGUMENTS("-d", texts[i], "-j", "RETURN"), err);
	if (result == 0)
		result = call(program, "-A", chain, ARGUMENTS("-j", "MASQUERADE"), err);
	for (size_t i = 0; result == 0 && i < count; i++) {
		const char *const *jump = ARGUMENTS("-s", texts[i], "-j", chain);
		if (call(program, "-C", "POSTROUTING", jump, NULL) < 0)
			result = call(program, "-A", "POSTROUTING", jump, err);
	}
	return result;
}

int iptables_masquerade(const char *network, const struct subnets *subnets, struct kinc_error *err)
{
	char chain[32];

	/* Names of chains end at 28 bytes, those of networks do not. */
	snprintf(chain, sizeof(chain), "KINC-%016llx",
		 (unsigned long long)hash_bytes(HASH_START, network, strlen(network)));
	int result = masquerade_family(subnets, AF_INET, chain, err);
	return result < 0 ? result : masquerade_family(subnets, AF_INET6, chain, err);
}
