/* SPDX-License-Identifier: MIT */
#include "args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_wish.h"

/* Whether the size bytes at text are word. */
static bool is(const char *text, size_t size, const char *word)
{
	return size == strlen(word) && memcmp(text, word, size) == 0;
}

/* Of a size that any address, MAC or truth value fits. */
#define VALUE_MAX 64

static int read_truth(const char *value, bool *ret, struct kinc_error *err)
{
	bool on = strcmp(value, "1") == 0 || strcasecmp(value, "true") == 0;

	if (!on && strcmp(value, "0") != 0 && strcasecmp(value, "false") != 0)
		return kinc_error_set(err, EINVAL,
				      "CNI_ARGS: IgnoreUnknown \"%s\" must be 1, true, 0 or false",
				      value);
	*ret = on;
	return 0;
}

/*
 * KEY=VALUE;KEY=VALUE. Kubernetes' keys tell who the pod is, and bind nothing.
 * wish NULL: the plugin gives no addresses.
 */
static int read_cni_args(const char *text, struct conf_wish *wish, struct kinc_error *err)
{
	/* By the configuration or the runtime; it comes before that of CNI_ARGS. */
	bool has_mac = wish && wish->has_mac;
	const char *unknown = NULL;
	bool ignore = false;
	int status = 0;

	for (size_t size; status == 0 && *text; text += size + (text[size] != '\0')) {
		size = strcspn(text, ";");
		const char *equals = memchr(text, '=', size);
		size_t key = equals ? (size_t)(equals - text) : 0;
		char value[VALUE_MAX] = "";
		if (size == 0)
			continue;
		if (!equals)
			return kinc_error_set(err, EINVAL,
					      "CNI_ARGS: \"%.*s\" is not of the form KEY=VALUE",
					      (int)size, text);
		if (size - key - 1 < sizeof(value))
			memcpy(value, equals + 1, size - key - 1);
		if (is(text, key, "IgnoreUnknown"))
			status = read_truth(value, &ignore, err);
		else if (wish && is(text, key, "IP"))
			status = conf_wish_address(wish, "CNI_ARGS: IP", value, err);
		else if (has_mac && is(text, key, "MAC"))
			continue;
		else if (wish && is(text, key, "MAC"))
			status = conf_wish_mac(wish, "CNI_ARGS: MAC", value, err);
		else if (strncmp(text, "K8S_POD_", 8) != 0)
			unknown = text;
	}
	if (status == 0 && unknown && !ignore)
		return kinc_error_set(err, EINVAL,
				      "CNI_ARGS: unknown key \"%.*s\" and no IgnoreUnknown=1",
				      (int)strcspn(unknown, "="), unknown);
	return status;
}

int args_read(struct args *ret_args, bool netns_needed, struct conf_wish *wish,
	      struct kinc_error *err)
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
	return cni_args ? read_cni_args(cni_args, wish, err) : 0;
}
