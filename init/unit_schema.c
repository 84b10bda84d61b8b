/* SPDX-License-Identifier: MIT */
#include "unit_schema.h"

#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "json.h"
#include "unit_keys.h"
#include "unit_process.h"

static cJSON *schema_of(const struct key *key, struct kinc_error *err);

static cJSON *typed(const char *type)
{
	cJSON *schema = cJSON_CreateObject();

	cJSON_AddStringToObject(schema, "type", type);
	return schema;
}

static cJSON *text_schema(void)
{
	return typed("string");
}

static cJSON *pattern_schema(const char *pattern)
{
	cJSON *schema = typed("string");

	cJSON_AddStringToObject(schema, "pattern", pattern);
	return schema;
}

static cJSON *path_schema(void)
{
	return pattern_schema("^(/|\\{\\{)");
}

static cJSON *mode_schema(void)
{
	return pattern_schema("^[0-7]+$");
}

static cJSON *signal_schema(void)
{
	return pattern_schema("^(SIG)?[A-Z]");
}

static cJSON *setting_schema(void)
{
	return pattern_schema("^[^=]");
}

static cJSON *capability_schema(void)
{
	return pattern_schema("^(CAP_|cap_)");
}

static cJSON *number_or_text_schema(void)
{
	static const char *const types[] = {"integer", "string"};
	cJSON *schema = cJSON_CreateObject();

	cJSON_AddItemToObject(schema, "type", cJSON_CreateStringArray(types, 2));
	return schema;
}

static cJSON *rlimit_schema(void)
{
	static const char *const types[] = {"integer", "string", "object"};
	cJSON *schema = cJSON_CreateObject();

	cJSON_AddItemToObject(schema, "type", cJSON_CreateStringArray(types, 3));
	return schema;
}

static cJSON *flag_schema(void)
{
	return typed("boolean");
}

static cJSON *array_schema(cJSON *items)
{
	cJSON *schema = typed("array");

	cJSON_AddItemToObject(schema, "items", items);
	return schema;
}

static cJSON *strings_schema(void)
{
	return array_schema(text_schema());
}

static cJSON *numbers_or_texts_schema(void)
{
	return array_schema(number_or_text_schema());
}

static cJSON *paths_schema(void)
{
	return array_schema(path_schema());
}

static cJSON *settings_schema(void)
{
	return array_schema(setting_schema());
}

static cJSON *capabilities_schema(void)
{
	return array_schema(capability_schema());
}

static cJSON *argv_schema(void)
{
	cJSON *schema = strings_schema();

	cJSON_AddNumberToObject(schema, "minItems", 1);
	return schema;
}

static cJSON *environment_schema(void)
{
	cJSON *schema = typed("object");

	cJSON_AddItemToObject(schema, "additionalProperties", text_schema());
	return schema;
}

static cJSON *int_schema(const struct key *key)
{
	cJSON *schema = typed("integer");

	cJSON_AddNumberToObject(schema, "minimum", key->min);
	cJSON_AddNumberToObject(schema, "maximum", key->max);
	return schema;
}

static cJSON *word_schema(const struct key *key)
{
	cJSON *schema = cJSON_CreateObject();
	cJSON *words = cJSON_AddArrayToObject(schema, "enum");

	for (int i = 0; key->words[i]; i++)
		cJSON_AddItemToArray(words, cJSON_CreateString(key->words[i]));
	return schema;
}

static cJSON *members_schema(const struct key *table, struct kinc_error *err)
{
	cJSON *schema = typed("object");
	cJSON *properties = cJSON_AddObjectToObject(schema, "properties");

	for (const struct key *key = table; key->name; key++) {
		cJSON *member = schema_of(key, err);
		if (!member) {
			cJSON_Delete(schema);
			return NULL;
		}
		cJSON_AddItemToObject(properties, key->name, member);
	}
	cJSON_AddFalseToObject(schema, "additionalProperties");
	return schema;
}

static cJSON *array_of(cJSON *items)
{
	return items ? array_schema(items) : NULL;
}

/* An array of objects that have exactly one of the kinds. */
static cJSON *ready_schema(struct kinc_error *err)
{
	cJSON *probe = members_schema(probe_keys, err);
	cJSON *kinds = probe ? cJSON_AddArrayToObject(probe, "oneOf") : NULL;

	for (int kind = 0; kinds && kind < PROBE_KINDS; kind++) {
		cJSON *one = cJSON_CreateObject();
		cJSON *required = cJSON_AddArrayToObject(one, "required");
		cJSON_AddItemToArray(required, cJSON_CreateString(probe_keys[kind].name));
		cJSON_AddItemToArray(kinds, one);
	}
	return array_of(probe);
}

/* NULL, and err says so, for a kind that is not known here. */
static cJSON *kind_schema(const struct key *key, struct kinc_error *err)
{
	static const struct {
		void (*read)(struct reader *reader, const struct key *key, uint32_t node,
			     void *field);
		cJSON *(*make)(void);
	} kinds[] = {
		{read_text, text_schema},
		{read_path, path_schema},
		{read_flag, flag_schema},
		{read_mode, mode_schema},
		{read_signal, signal_schema},
		{read_strings, strings_schema},
		{read_argv, argv_schema},
		{read_environment, environment_schema},
		{read_paths, paths_schema},
		{read_settings, settings_schema},
		{read_capabilities, capabilities_schema},
		{read_rlimit, rlimit_schema},
		{read_bytes, number_or_text_schema},
		{read_cores, number_or_text_schema},
		{read_amount, number_or_text_schema},
		{read_owner, number_or_text_schema},
		{read_owners, numbers_or_texts_schema},
		{read_ends, numbers_or_texts_schema},
	};

	if (key->read == read_int)
		return int_schema(key);
	if (key->read == read_word)
		return word_schema(key);
	if (key->read == read_object)
		return members_schema(key->members, err);
	if (key->read == read_list)
		return array_of(members_schema(key->members, err));
	if (key->read == read_ready)
		return ready_schema(err);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].read == key->read)
			return kinds[i].make();
	kinc_error_set(err, EINVAL, "the key \"%s\" is of a kind that has no schema", key->name);
	return NULL;
}

static cJSON *schema_of(const struct key *key, struct kinc_error *err)
{
	if (!key->about) {
		kinc_error_set(err, EINVAL, "the key \"%s\" has no description", key->name);
		return NULL;
	}
	cJSON *schema = kind_schema(key, err);
	if (schema)
		cJSON_AddStringToObject(schema, "description", key->about);
	return schema;
}

/* "If the type is this, then these keys must not be there." */
static void add_type(cJSON *rules, int type)
{
	cJSON *rule = cJSON_CreateObject();
	cJSON *when = cJSON_AddObjectToObject(rule, "if");
	cJSON *properties = cJSON_AddObjectToObject(when, "properties");
	cJSON *is = cJSON_AddObjectToObject(properties, "type");

	cJSON_AddStringToObject(is, "const", unit_type_name(type));
	cJSON *required = cJSON_AddArrayToObject(when, "required");
	cJSON_AddItemToArray(required, cJSON_CreateString("type"));
	cJSON *then = cJSON_AddObjectToObject(rule, "then");
	cJSON *without = cJSON_AddObjectToObject(then, "properties");
	for (const struct key *key = unit_keys; key->name; key++)
		if (!(key->types & 1U << type))
			cJSON_AddFalseToObject(without, key->name);
	cJSON_AddItemToArray(rules, rule);
}

int unit_schema_print(FILE *out, struct kinc_error *err)
{
	struct kinc_error why = {0};
	cleanup_json cJSON *schema = members_schema(unit_keys, &why);

	if (!schema)
		return kinc_error_set(err, EINVAL, "%s", why.message);
	cJSON_AddStringToObject(schema, "$schema", "http://json-schema.org/draft-07/schema#");
	cJSON_AddStringToObject(schema, "title", "a unit file of kinc-init");
	cJSON *rules = cJSON_AddArrayToObject(schema, "allOf");
	for (int type = UNIT_SERVICE; type <= UNIT_TARGET; type++)
		add_type(rules, type);
	cleanup_free char *text = cJSON_Print(schema);
	if (!text)
		return kinc_error_errno(err, ENOMEM, "printing the schema");
	fprintf(out, "%s\n", text);
	return 0;
}
