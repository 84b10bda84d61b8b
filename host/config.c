/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The file is a YAML document of libyaml's. A table says
 * which keys a mapping may have and what takes each value; whatever is not in
 * it is an error at its place. Values are checked as they are taken, so that
 * what is in struct config can go to podman as it is: no word of it has a
 * space, a quote or a semicolon.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "cleanup.h"
#include "io.h"
#include "mirror.h"
#include "nearest.h"
#include "patches.h"

enum { CONFIG_FILE_MAX = 1 << 16, LIST_MAX = 64 };

/* A mapping that is being taken. */
struct taking {
	const char *file;
	yaml_document_t *document;
	struct config *config;
	/* Of one port or mount. */
	char host[CONFIG_WORD_MAX], node[CONFIG_WORD_MAX], address[CONFIG_WORD_MAX];
	char protocol[8];
	bool read_only;
};

typedef int take_function(struct taking *taking, const yaml_node_t *value, struct kinc_error *err);

struct key {
	const char *name;
	take_function *take;
};

static int fault(const struct taking *taking, const yaml_node_t *at, struct kinc_error *err,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
static int fault(const struct taking *taking, const yaml_node_t *at, struct kinc_error *err,
		 const char *format, ...)
{
	char sentence[400];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args); // NOLINT(*valist*)
	va_end(args);
	return kinc_error_set(err, EINVAL, "%s:%zu:%zu: %s", taking->file,
			      at ? at->start_mark.line + 1 : 1, at ? at->start_mark.column + 1 : 1,
			      sentence);
}

/* NULL unless it is one; its bytes may not hide a NUL. */
static const char *scalar(const yaml_node_t *node)
{
	if (!node || node->type != YAML_SCALAR_NODE ||
	    strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
		return NULL;
	return (const char *)node->data.scalar.value;
}

static int unknown(const struct taking *taking, const yaml_node_t *at, const char *name,
		   const struct key *keys, size_t count, struct kinc_error *err)
{
	const char *names[LIST_MAX];

	for (size_t i = 0; i < count; i++)
		names[i] = keys[i].name;
	return fault(taking, at, err, "no key \"%.60s\" belongs here; the nearest is \"%s\"", name,
		     nearest_of(name, names, count));
}

static int take_mapping(struct taking *taking, const yaml_node_t *mapping, const struct key *keys,
			size_t count, struct kinc_error *err)
{
	bool seen[LIST_MAX] = {false};

	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return fault(taking, mapping, err, "keys and values are expected here");
	for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *at = yaml_document_get_node(taking->document, pair->key);
		const char *name = scalar(at);
		size_t i = 0;
		while (name && i < count && strcmp(keys[i].name, name) != 0)
			i++;
		if (!name)
			return fault(taking, at, err, "a key is a word");
		if (i == count)
			return unknown(taking, at, name, keys, count, err);
		if (seen[i])
			return fault(taking, at, err, "\"%s\" is there twice", name);
		seen[i] = true;
		int result = keys[i].take(
			taking, yaml_document_get_node(taking->document, pair->value), err);
		if (result < 0)
			return result;
	}
	return 0;
}

/* A value that is one word for podman. */
static int take_word(const struct taking *taking, const yaml_node_t *value, char *ret, size_t size,
		     struct kinc_error *err)
{
	const char *text = scalar(value);

	if (!text || !*text)
		return fault(taking, value, err, "a single value is expected here");
	if (text[strspn(text, config_word_characters)])
		return fault(taking, value, err,
			     "\"%.60s\" has a character other than letters, digits and "
			     "/._-+@:=,[]",
			     text);
	if (strlen(text) >= size)
		return fault(taking, value, err, "\"%.60s\" is too long", text);
	snprintf(ret, size, "%s", text);
	return 0;
}

static int take_bool(const struct taking *taking, const yaml_node_t *value, bool *ret,
		     struct kinc_error *err)
{
	const char *text = scalar(value);

	if (!text || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0))
		return fault(taking, value, err, "true or false is expected here");
	*ret = *text == 't';
	return 0;
}

/* One of words, which end with NULL. */
static int take_choice(const struct taking *taking, const yaml_node_t *value,
		       const char *const words[], char *ret, size_t size, struct kinc_error *err)
{
	const char *text = scalar(value);
	size_t count = 0;

	for (; words[count]; count++)
		if (text && strcmp(text, words[count]) == 0) {
			snprintf(ret, size, "%s", text);
			return 0;
		}
	return fault(taking, value, err, "\"%.60s\" is not known here; the nearest is \"%s\"",
		     text ? text : "", nearest_of(text ? text : "", words, count));
}

static int take_port(const struct taking *taking, const yaml_node_t *value, char *ret,
		     struct kinc_error *err)
{
	const char *text = scalar(value);

	if (!text || !*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 5 ||
	    strtol(text, NULL, 10) < 1 || strtol(text, NULL, 10) > 65535)
		return fault(taking, value, err, "a port from 1 to 65535 is expected here");
	snprintf(ret, CONFIG_WORD_MAX, "%s", text);
	return 0;
}

static int take_path(const struct taking *taking, const yaml_node_t *value, char *ret,
		     struct kinc_error *err)
{
	int result = take_word(taking, value, ret, CONFIG_WORD_MAX, err);

	if (result == 0 && (*ret != '/' || strpbrk(ret, ":,=")))
		return fault(taking, value, err,
			     "a path that starts with / is expected here, "
			     "without : , =");
	return result;
}

static int add(struct taking *taking, const yaml_node_t *at, struct kinc_error *err,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));
static int add(struct taking *taking, const yaml_node_t *at, struct kinc_error *err,
	       const char *format, ...)
{
	char *options = taking->config->options;
	size_t used = strlen(options), room = sizeof(taking->config->options) - used;
	va_list args;

	if (used && room > 1) {
		options[used++] = ';';
		options[used] = '\0';
		room--;
	}
	va_start(args, format);
	int length = vsnprintf(options + used, room, format, args); // NOLINT(*valist*)
	va_end(args);
	return (size_t)length < room ? 0 : fault(taking, at, err, "these are too many");
}

#define TAKE(function, call)                                                                       \
	static int function(struct taking *taking, const yaml_node_t *value,                       \
			    struct kinc_error *err)                                                \
	{                                                                                          \
		return call;                                                                       \
	}
static const char *const protocols[] = {"tcp", "udp", "sctp", NULL};
static const char *const families[] = {"ipv4", "dual", "ipv6", NULL};
static const char *const networks[] = {"pasta", "slirp4netns", "bridge", NULL};
TAKE(take_host_port, take_port(taking, value, taking->host, err))
TAKE(take_node_port, take_port(taking, value, taking->node, err))
TAKE(take_address, take_word(taking, value, taking->address, sizeof(taking->address), err))
TAKE(take_protocol,
     take_choice(taking, value, protocols, taking->protocol, sizeof(taking->protocol), err))
TAKE(take_host_path, take_path(taking, value, taking->host, err))
TAKE(take_node_path, take_path(taking, value, taking->node, err))
TAKE(take_read_only, take_bool(taking, value, &taking->read_only, err))
TAKE(take_image,
     take_word(taking, value, taking->config->image, sizeof(taking->config->image), err))
TAKE(take_family, take_choice(taking, value, families, taking->config->family,
			      sizeof(taking->config->family), err))
TAKE(take_network, take_choice(taking, value, networks, taking->config->network,
			       sizeof(taking->config->network), err))

static const struct key port_keys[] = {
	{"containerPort", take_node_port},
	{"hostPort", take_host_port},
	{"listenAddress", take_address},
	{"protocol", take_protocol},
};
static const struct key mount_keys[] = {
	{"hostPath", take_host_path},
	{"containerPath", take_node_path},
	{"readOnly", take_read_only},
};
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int take_one_port(struct taking *taking, const yaml_node_t *value, struct kinc_error *err)
{
	int result = take_mapping(taking, value, port_keys, COUNT(port_keys), err);

	if (result == 0 && (!*taking->host || !*taking->node))
		result = fault(taking, value, err, "a port takes hostPort and containerPort");
	return result < 0 ? result
			  : add(taking, value, err, "--publish=%s:%s:%s/%s",
				*taking->address ? taking->address : "127.0.0.1", taking->host,
				taking->node, *taking->protocol ? taking->protocol : "tcp");
}

static int take_one_mount(struct taking *taking, const yaml_node_t *value, struct kinc_error *err)
{
	int result = take_mapping(taking, value, mount_keys, COUNT(mount_keys), err);

	if (result == 0 && (!*taking->host || !*taking->node))
		result = fault(taking, value, err, "a mount takes hostPath and containerPath");
	return result < 0 ? result
			  : add(taking, value, err, "--volume=%s:%s%s", taking->host, taking->node,
				taking->read_only ? ":ro" : "");
}

static int take_list(struct taking *taking, const yaml_node_t *list, take_function *take,
		     struct kinc_error *err)
{
	int result = 0;

	if (!list || list->type != YAML_SEQUENCE_NODE)
		return fault(taking, list, err, "a list is expected here");
	for (const yaml_node_item_t *item = list->data.sequence.items.start;
	     item < list->data.sequence.items.top && result == 0; item++) {
		struct taking one = {.file = taking->file,
				     .document = taking->document,
				     .config = taking->config};
		result = take(&one, yaml_document_get_node(taking->document, *item), err);
	}
	return result;
}
TAKE(take_ports, take_list(taking, value, take_one_port, err))
TAKE(take_mounts, take_list(taking, value, take_one_mount, err))

static int take_patches(struct taking *taking, const yaml_node_t *value, struct kinc_error *err)
{
	struct kinc_error why = {0};
	int result = take_path(taking, value, taking->host, err);

	if (result == 0 && patches_check(taking->host, &why) < 0)
		return fault(taking, value, err, "%s", why.message);
	return result < 0 ? result
			  : add(taking, value, err, "--volume=%s:/etc/kinc/patches:ro", taking->host);
}

static int take_gates(struct taking *taking, const yaml_node_t *mapping, struct kinc_error *err)
{
	char *gates = taking->config->gates;
	size_t size = sizeof(taking->config->gates);

	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return fault(taking, mapping, err, "names with true or false are expected here");
	for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *at = yaml_document_get_node(taking->document, pair->key);
		const char *name = scalar(at);
		size_t used = strlen(gates);
		bool on = false;
		if (!name || !*name ||
		    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789")])
			return fault(taking, at, err,
				     "a feature gate's name has letters and "
				     "digits only");
		int result = take_bool(
			taking, yaml_document_get_node(taking->document, pair->value), &on, err);
		if (result < 0)
			return result;
		int length = snprintf(gates + used, size - used, "%s%s=%s", used ? "," : "", name,
				      on ? "true" : "false");
		if ((size_t)length >= size - used)
			return fault(taking, at, err, "these are too many");
	}
	return 0;
}

static int take_mirror(struct taking *taking, const char *registry, const yaml_node_t *value,
		       struct kinc_error *err)
{
	char *mirrors = taking->config->mirrors;
	size_t used = strlen(mirrors), size = sizeof(taking->config->mirrors);
	const char *url = scalar(value);
	struct kinc_error why = {0};

	if (mirror_check_url(url ? url : "", &why) < 0)
		return fault(taking, value, err, "%s", why.message);
	int length = snprintf(mirrors + used, size - used, "%s%s=%s", used ? "," : "", registry, url);
	return (size_t)length < size - used ? 0 : fault(taking, value, err, "these are too many");
}

static int take_mirrors(struct taking *taking, const yaml_node_t *mapping, struct kinc_error *err)
{
	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return fault(taking, mapping, err, "registries with lists of mirrors are expected here");
	for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *at = yaml_document_get_node(taking->document, pair->key);
		const yaml_node_t *list = yaml_document_get_node(taking->document, pair->value);
		const char *registry = scalar(at);
		struct kinc_error why = {0};
		int result = 0;
		if (mirror_check_registry(registry ? registry : "", &why) < 0)
			return fault(taking, at, err, "%s", why.message);
		if (!list || list->type != YAML_SEQUENCE_NODE)
			return fault(taking, list, err, "a list of mirrors is expected here");
		for (const yaml_node_item_t *item = list->data.sequence.items.start;
		     item < list->data.sequence.items.top && result == 0; item++)
			result = take_mirror(taking, registry,
					     yaml_document_get_node(taking->document, *item), err);
		if (result < 0)
			return result;
	}
	return 0;
}

/* What is said of a value is also said of that in the file, with the place. */
static int take_checked(struct taking *taking, const yaml_node_t *value,
			int (*set)(struct config *, const char *, struct kinc_error *),
			struct kinc_error *err)
{
	const char *text = scalar(value);
	struct kinc_error why = {0};

	if (!text)
		return fault(taking, value, err, "a single value is expected here");
	if (set(taking->config, text, &why) < 0)
		return fault(taking, value, err, "%s", why.message);
	return 0;
}
TAKE(take_memory, take_checked(taking, value, config_set_memory, err))
TAKE(take_cpus, take_checked(taking, value, config_set_cpus, err))

static const struct key keys[] = {
	{"image", take_image},
	{"memory", take_memory},
	{"cpus", take_cpus},
	{"network", take_network},
	{"ipFamily", take_family},
	{"extraPortMappings", take_ports},
	{"extraMounts", take_mounts},
	{"featureGates", take_gates},
	{"kubeadmPatches", take_patches},
	{"registryMirrors", take_mirrors},
};

static int syntax(const char *file, const yaml_parser_t *parser, struct kinc_error *err)
{
	return kinc_error_set(err, EINVAL, "%s:%zu:%zu: %s", file, parser->problem_mark.line + 1,
			      parser->problem_mark.column + 1,
			      parser->problem ? parser->problem : "not YAML");
}

static int take_document(const char *file, yaml_parser_t *parser, struct config *config,
			 struct kinc_error *err)
{
	yaml_document_t document, next;
	struct taking taking = {.file = file, .document = &document, .config = config};

	if (!yaml_parser_load(parser, &document))
		return syntax(file, parser, err);
	const yaml_node_t *root = yaml_document_get_root_node(&document);
	/* Nothing but comments asks for nothing. */
	int result = root ? take_mapping(&taking, root, keys, COUNT(keys), err) : 0;
	if (result == 0 && root && !yaml_parser_load(parser, &next)) {
		result = syntax(file, parser, err);
	} else if (result == 0 && root) {
		const yaml_node_t *second = yaml_document_get_root_node(&next);
		if (second)
			result = fault(&taking, second, err, "one document is enough");
		yaml_document_delete(&next);
	}
	yaml_document_delete(&document);
	return result;
}

int config_parse(const char *file, const char *text, size_t size, struct config *ret,
		 struct kinc_error *err)
{
	struct config config = {0};
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		return kinc_error_errno(err, ENOMEM, "%s", file);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	int result = take_document(file, &parser, &config, err);
	yaml_parser_delete(&parser);
	if (result == 0)
		*ret = config;
	return result;
}

int config_load(const char *file, struct config *ret, struct kinc_error *err)
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	int result = kinc_read_file(AT_FDCWD, file, CONFIG_FILE_MAX, &text, &size, err);

	/* A file that cannot be read is the caller's mistake, as any in it. */
	if (result < 0)
		return -EINVAL;
	return config_parse(file, text, size, ret, err);
}
