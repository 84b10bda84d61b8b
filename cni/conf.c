/* SPDX-License-Identifier: MIT */
#include "conf.h"

#include <errno.h>
#include <string.h>

#include "conf_json.h"
#include "conf_ranges.h"
#include "conf_wish.h"

#define DATA_DIR "/run/kinc/cni"

static const char *const version_names[CNI_VERSIONS] = {
	[CNI_0_3_0] = "0.3.0",
	[CNI_0_3_1] = "0.3.1",
	[CNI_0_4_0] = "0.4.0",
	[CNI_1_0_0] = "1.0.0",
	[CNI_1_1_0] = "1.1.0",
};

static const char *const top_keys[] = {
	"cniVersion",	 "name",      "type",	     "bridge",	      "mtu",
	"hairpinMode",	 "isGateway", "ipMasq",	     "ipam",	      "isDefaultGateway",
	"isolation",	 "dns",	      "prevResult",  "runtimeConfig", "capabilities",
	"args",		 "cni.dev/*", "promiscMode", "forceAddress",  "macspoofchk",
	"portIsolation", "policy",    "mode",	      NULL,
};

static const char *const policy_keys[] = {"gate", "wait", "missing", NULL};

static const char *const dns_keys[] = {"nameservers", "domain", "search", "options", NULL};

const char *cni_version_name(enum cni_version version)
{
	return version_names[version];
}

int cni_version_parse(const char *text, enum cni_version *ret_version, struct kinc_error *err)
{
	for (int i = 0; i < CNI_VERSIONS; i++) {
		if (strcmp(text, version_names[i]) == 0) {
			*ret_version = (enum cni_version)i;
			return 0;
		}
	}
	return kinc_error_set(err, EPROTONOSUPPORT,
			      "cniVersion \"%s\" is not supported; kincnet speaks "
			      "0.3.0, 0.3.1, 0.4.0, 1.0.0 and 1.1.0",
			      text);
}

bool conf_name_valid(const char *name)
{
	static const char first[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	if (!name[0] || !strchr(first, name[0]))
		return false;
	for (; *name; name++)
		if (!strchr(first, *name) && !strchr("_.-", *name))
			return false;
	return true;
}

bool conf_interface_valid(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && size < IFNAMSIZ && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       !strpbrk(name, "/: \t\n\v\f\r%");
}

static int parse_dns(struct conf *conf, struct kinc_error *err)
{
	static const char *const lists[] = {"nameservers", "search", "options"};
	const char *domain;
	int result;

	result = conf_get_object(conf->tree, "", "dns", &conf->dns, err);
	if (result < 0 || !conf->dns)
		return result;
	result = conf_only_keys(conf->dns, "dns.", dns_keys, err);
	if (result == 0)
		result = conf_get_string(conf->dns, "dns.", "domain", &domain, err);
	for (size_t i = 0; result == 0 && i < sizeof(lists) / sizeof(*lists); i++) {
		const cJSON *list = NULL, *item;
		result = conf_get_array(conf->dns, "dns.", lists[i], &list, err);
		cJSON_ArrayForEach(item, list) if (!cJSON_IsString(item)) return kinc_error_set(
			err, EINVAL, "dns.%s must hold only strings", lists[i]);
	}
	return result;
}

static int parse_attachments(struct conf *conf, struct kinc_error *err)
{
	/* The second name is that of drafts of CNI 1.1, still sent by libcni. */
	int result = conf_get_array(conf->tree, "", "cni.dev/attachments", &conf->valid_attachments,
				    err);

	if (result == 0)
		result = conf_get_array(conf->tree, "", "cni.dev/valid-attachments",
					&conf->valid_attachments, err);
	/* libcni sends null, not an empty list, when no pod is left. */
	conf->attachments_given = cJSON_HasObjectItem(conf->tree, "cni.dev/attachments") ||
				  cJSON_HasObjectItem(conf->tree, "cni.dev/valid-attachments");
	return result;
}

static int parse_bridge(struct conf *conf, struct kinc_error *err)
{
	const char *bridge = "kinc0";
	int result = conf_get_string(conf->tree, "", "bridge", &bridge, err);

	if (result < 0)
		return result;
	if (!conf_interface_valid(bridge))
		return kinc_error_set(err, EINVAL, "bridge \"%s\" is no name for an interface",
				      bridge);
	memcpy(conf->bridge, bridge, strlen(bridge) + 1);

	/* 68 is what IPv4 asks of every link. */
	result = conf_get_integer(conf->tree, "", "mtu", 0, 65535, &conf->mtu, err);
	if (result == 0 && conf->mtu && conf->mtu < 68)
		return kinc_error_set(err, EINVAL, "mtu must be at least 68");
	const struct {
		const char *key;
		bool *value;
	} switches[] = {
		{"hairpinMode", &conf->hairpin},
		{"promiscMode", &conf->promiscuous},
		{"isGateway", &conf->gateway},
		{"isDefaultGateway", &conf->default_gateway},
		{"forceAddress", &conf->force_address},
		{"ipMasq", &conf->masquerade},
		{"macspoofchk", &conf->mac_spoof_check},
		{"portIsolation", &conf->port_isolation},
		{"isolation", &conf->isolated},
	};
	for (size_t i = 0; result == 0 && i < sizeof(switches) / sizeof(*switches); i++)
		result = conf_get_bool(conf->tree, "", switches[i].key, switches[i].value, err);
	if (result == 0 && conf->hairpin && conf->promiscuous)
		return kinc_error_set(err, EINVAL,
				      "hairpinMode and promiscMode can't both be true");
	if (conf->default_gateway)
		conf->gateway = true;
	if (result == 0 && conf->isolated && !conf->gateway)
		return kinc_error_set(err, EINVAL,
				      "isolation sends pods' traffic through the bridge's "
				      "address: it needs isGateway: true");
	return result;
}

/* Pods that are no ports of a bridge: what is said of such a port would not hold. */
static int parse_mode(struct conf *conf, struct kinc_error *err)
{
	const char *mode = "bridge";
	int result = conf_get_string(conf->tree, "", "mode", &mode, err);
	const struct {
		const char *key;
		bool given;
	} of_ports[] = {
		{"promiscMode", conf->promiscuous},
		{"macspoofchk", conf->mac_spoof_check},
		{"portIsolation", conf->port_isolation},
	};

	if (result < 0 || strcmp(mode, "bridge") == 0)
		return result;
	if (strcmp(mode, "routed") != 0)
		return kinc_error_set(err, EINVAL, "mode \"%s\" is neither bridge nor routed", mode);
	for (size_t i = 0; i < sizeof(of_ports) / sizeof(*of_ports); i++)
		if (of_ports[i].given)
			return kinc_error_set(err, EINVAL,
					      "%s is about ports of a bridge: with mode \"routed\" "
					      "there are none",
					      of_ports[i].key);
	if (!conf->gateway)
		return kinc_error_set(err, EINVAL,
				      "with mode \"routed\" pods reach all others through the "
				      "node's address: it needs isGateway: true");
	conf->routed = conf->isolated = true;
	return 0;
}

#define GATE "/run/kinc/netd/gate"
#define GATE_SECONDS 5
#define GATE_SECONDS_MAX 60

static int parse_policy(struct conf *conf, struct kinc_error *err)
{
	const cJSON *policy = NULL;
	const char *missing = "deny";
	int result = conf_get_object(conf->tree, "", "policy", &policy, err);

	if (result < 0 || !policy)
		return result;
	conf->gate = GATE;
	conf->gate_seconds = GATE_SECONDS;
	result = conf_only_keys(policy, "policy.", policy_keys, err);
	if (result == 0)
		result = conf_get_string(policy, "policy.", "gate", &conf->gate, err);
	if (result == 0)
		result = conf_get_integer(policy, "policy.", "wait", 0, GATE_SECONDS_MAX,
					  &conf->gate_seconds, err);
	if (result == 0)
		result = conf_get_string(policy, "policy.", "missing", &missing, err);
	if (result < 0)
		return result;
	conf->gate_admit = strcmp(missing, "admit") == 0;
	if (!conf->gate_admit && strcmp(missing, "deny") != 0)
		return kinc_error_set(err, EINVAL, "policy.missing must be deny or admit");
	if (conf->gate[0] != '/')
		return kinc_error_set(err, EINVAL, "policy.gate must be an absolute path");
	if (!conf->isolated)
		return kinc_error_set(err, EINVAL,
				      "policy needs isolation: true or mode: routed, or traffic on "
				      "the bridge passes by the rules");
	return 0;
}

/* Fills conf from conf->tree. */
static int parse_tree(struct conf *conf, struct kinc_error *err)
{
	const char *version = "0.1.0", *type = NULL;
	int result;

	if (!cJSON_IsObject(conf->tree))
		return kinc_error_set(err, EBADMSG, "the network configuration is no JSON object");
	result = conf_get_string(conf->tree, "", "cniVersion", &version, err);
	if (result == 0)
		result = cni_version_parse(version, &conf->version, err);
	if (result == 0)
		result = conf_get_string(conf->tree, "", "name", &conf->name, err);
	if (result == 0)
		result = conf_get_string(conf->tree, "", "type", &type, err);
	if (result < 0)
		return result;
	if (!conf->name || !conf_name_valid(conf->name))
		return kinc_error_set(err, EINVAL,
				      "name \"%s\" must begin with a letter or digit and hold only "
				      "letters, digits, '_', '.' and '-'",
				      conf->name ? conf->name : "");
	if (strlen(conf->name) > CONF_NAME_MAX)
		return kinc_error_set(err, EINVAL, "name is longer than %d bytes", CONF_NAME_MAX);

	result = conf_only_keys(conf->tree, "", top_keys, err);
	if (result == 0)
		result = conf_get_object(conf->tree, "", "prevResult", &conf->prev_result, err);
	if (result == 0)
		result = parse_attachments(conf, err);
	if (result == 0)
		result = parse_bridge(conf, err);
	if (result == 0)
		result = parse_mode(conf, err);
	if (result == 0)
		result = parse_policy(conf, err);
	if (result == 0)
		result = parse_dns(conf, err);
	if (result == 0)
		result = conf_parse_wish(conf, err);
	conf->data_dir = DATA_DIR;
	return result < 0 ? result : conf_parse_ipam(conf, err);
}

/* NULL and err filled when text is no JSON. */
static cJSON *parse_text(const char *text, struct kinc_error *err)
{
	const char *end = NULL;
	cJSON *tree = cJSON_ParseWithOpts(text, &end, true);

	if (!tree)
		kinc_error_set(err, EBADMSG,
			       "the network configuration is no JSON: fault at byte %td of %zu",
			       end ? end - text : 0, strlen(text));
	return tree;
}

/* Takes the tree over, in success and failure. */
static int adopt_tree(cJSON *tree, struct conf *ret_conf, struct kinc_error *err)
{
	memset(ret_conf, 0, sizeof(*ret_conf));
	ret_conf->tree = tree;
	int result = parse_tree(ret_conf, err);
	if (result < 0)
		conf_release(ret_conf);
	return result;
}

int conf_parse(const char *text, struct conf *ret_conf, struct kinc_error *err)
{
	cJSON *tree = parse_text(text, err);

	return tree ? adopt_tree(tree, ret_conf, err) : -EBADMSG;
}

int conf_parse_file(const char *text, const char *type, struct conf *ret_conf,
		    struct kinc_error *err)
{
	cleanup_json cJSON *list = parse_text(text, err);
	const cJSON *plugin;

	if (!list)
		return -EBADMSG;
	if (!cJSON_IsArray(kinc_json_get(list, "plugins")))
		return conf_parse(text, ret_conf, err);
	cJSON_ArrayForEach(plugin, kinc_json_get(list, "plugins"))
	{
		if (type && strcmp(kinc_json_string(plugin, "type", ""), type) != 0)
			continue;
		/* As libcni does for each plugin of a list. */
		cJSON *one = cJSON_Duplicate(plugin, true);
		cJSON_DeleteItemFromObjectCaseSensitive(one, "name");
		cJSON_DeleteItemFromObjectCaseSensitive(one, "cniVersion");
		cJSON_AddStringToObject(one, "name", kinc_json_string(list, "name", ""));
		cJSON_AddStringToObject(one, "cniVersion",
					kinc_json_string(list, "cniVersion", ""));
		return adopt_tree(one, ret_conf, err);
	}
	return kinc_error_set(err, EINVAL, "the list has no plugin of type \"%s\"",
			      type ? type : "");
}

void conf_release(struct conf *conf)
{
	cJSON_Delete(conf->tree);
	memset(conf, 0, sizeof(*conf));
}
