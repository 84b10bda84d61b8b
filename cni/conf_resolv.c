/* SPDX-License-Identifier: MIT */
#include "conf_resolv.h"

#include <fcntl.h>
#include <string.h>

#include "cleanup.h"
#include "io.h"

#define RESOLV_MAX (64 << 10)
#define BLANKS " \t\r\v\f"

static void append(cJSON *dns, const char *list, const char *word)
{
	if (!kinc_json_get(dns, list))
		cJSON_AddArrayToObject(dns, list);
	cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(dns, list), cJSON_CreateString(word));
}

static void read_line(cJSON *dns, char *line)
{
	char *state = NULL, *key = strtok_r(line, BLANKS, &state), *word;
	bool first = true;

	if (!key || *key == '#' || *key == ';')
		return;
	for (; (word = strtok_r(NULL, BLANKS, &state)); first = false) {
		if (strcmp(key, "nameserver") == 0 && first) {
			append(dns, "nameservers", word);
		} else if (strcmp(key, "domain") == 0 && first) {
			cJSON_DeleteItemFromObjectCaseSensitive(dns, "domain");
			cJSON_AddStringToObject(dns, "domain", word);
		} else if (strcmp(key, "search") == 0 || strcmp(key, "options") == 0) {
			append(dns, key, word);
		}
	}
}

cJSON *conf_parse_resolv(char *text)
{
	cJSON *dns = cJSON_CreateObject();
	char *state = NULL;

	for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
		read_line(dns, line);
	return dns;
}

int conf_read_resolv(struct conf *conf, struct kinc_error *err)
{
	cleanup_free char *text = NULL;

	if (!conf->resolv_conf || !*conf->resolv_conf || (conf->dns && conf->dns->child))
		return 0;
	int result = kinc_read_file(AT_FDCWD, conf->resolv_conf, RESOLV_MAX, &text, NULL, err);
	if (result < 0) {
		kinc_error_prefix(err, "ipam.resolvConf");
		return result;
	}
	cJSON *dns = conf_parse_resolv(text);
	/* In the tree, so that it is released with it. */
	cJSON_DeleteItemFromObjectCaseSensitive(conf->tree, "dns");
	cJSON_AddItemToObject(conf->tree, "dns", dns);
	conf->dns = dns;
	return 0;
}
