/* SPDX-License-Identifier: MIT */
#include "args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Whether the size bytes at text are word. */
static bool is(const char *text, size_t size, const char *word)
{
	return size == strlen(word) && memcmp(text, word, size) == 0;
}

/* KEY=VALUE;KEY=VALUE. Kubernetes' keys tell who the pod is, and bind nothing. */
static int check_cni_args(const char *text, struct kinc_error *err)
{
	const char *unknown = NULL;
	bool ignore = false;

	for (size_t size; *text; text += size + (text[size] != '\0')) {
		size = strcspn(text, ";");
		const char *equals = memchr(text, '=', size);
		size_t key = equals ? (size_t)(equals - text) : 0;
		if (size == 0)
			continue;
		if (!equals)
			return kinc_error_set(err, EINVAL,
					      "CNI_ARGS: \"%.*s\" is not of the form KEY=VALUE",
					      (int)size, text);
		const char *value = equals + 1;
		size_t value_size = size - key - 1;
		if (is(text, key, "IgnoreUnknown"))
			ignore = is(value, value_size, "1") || is(value, value_size, "true");
		else if (is(text, key, "IP") || is(text, key, "MAC") || is(text, key, "GATEWAY"))
			return kinc_error_set(err, EOPNOTSUPP,
					      "kincnet does not support CNI_ARGS %.*s", (int)size,
					      text);
		else if (strncmp(text, "K8S_POD_", 8) != 0)
			unknown = text;
	}
	if (unknown && !ignore)
		return kinc_error_set(err, EINVAL,
				      "CNI_ARGS: unknown key \"%.*s\" and no IgnoreUnknown=1",
				      (int)strcspn(unknown, "="), unknown);
	return 0;
}

int args_read(struct args *ret_args, bool netns_needed, struct kinc_error *err)
{
	const char *container = getenv("CNI_CONTAINERID"), *ifname = getenv("CNI_IFNAME");
	const char *netns = getenv("CNI_NETNS"), *cni_args = getenv("CNI_ARGS");

	if (!container || !*container)
		return kinc_error_set(err, EINVAL, "CNI_CONTAINERID is not set");
	if (!conf_name_valid(container))
		return kinc_error_set(err, EINVAL,
				      "CNI_CONTAINERID \"%s\" must begin with a letter or digit "
				      "and hold only letters, digits, '_', '.' and '-'",
				      container);
	if (strlen(container) > IPAM_ID_MAX)
		return kinc_error_set(err, EINVAL, "CNI_CONTAINERID is longer than %d bytes",
				      IPAM_ID_MAX);
	if (!ifname || !*ifname)
		return kinc_error_set(err, EINVAL, "CNI_IFNAME is not set");
	if (!conf_interface_valid(ifname))
		return kinc_error_set(
			err, EINVAL,
			"CNI_IFNAME \"%s\" must have 1 to 15 bytes, no '/', ':', '%%' "
			"or space, and not be . or ..",
			ifname);
	if (netns_needed && (!netns || !*netns))
		return kinc_error_set(err, EINVAL, "CNI_NETNS is not set");
	*ret_args = (struct args){{container, ifname}, netns};
	return cni_args ? check_cni_args(cni_args, err) : 0;
}
