/* SPDX-License-Identifier: MIT */
/* #syscalls open stat */
#include "kubeconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "io.h"
#include "yaml_node.h"

#define FILE_MAX (1 << 20)

/* NULL where there is none, or an empty one. */
static const char *text(yaml_document_t *document, const yaml_node_t *mapping, const char *key)
{
	const yaml_node_t *node = kinc_yaml_get(document, mapping, key);

	if (!node || node->type != YAML_SCALAR_NODE || node->data.scalar.length == 0)
		return NULL;
	return (const char *)node->data.scalar.value;
}

/* Member "kind" of the element of list "kinds" whose name is that. */
static yaml_node_t *named(yaml_document_t *document, const char *list, const char *kind,
			  const char *name)
{
	const yaml_node_t *all = kinc_yaml_get(document, yaml_document_get_root_node(document), list);

	if (!all || all->type != YAML_SEQUENCE_NODE || !name)
		return NULL;
	for (yaml_node_item_t *item = all->data.sequence.items.start;
	     item < all->data.sequence.items.top; item++) {
		const yaml_node_t *node = yaml_document_get_node(document, *item);
		const char *called = text(document, node, "name");
		if (called && strcmp(called, name) == 0)
			return kinc_yaml_get(document, node, kind);
	}
	return NULL;
}

static void remember(struct kubeconfig *kubeconfig, const char *path)
{
	struct kubeconfig_file *file = &kubeconfig->files[kubeconfig->file_count];
	struct stat found = {0};

	file->path = strdup(path);
	if (!file->path)
		return;
	(void)stat(path, &found);
	file->changed = found.st_mtim;
	file->inode = found.st_ino;
	kubeconfig->file_count++;
}

/* A file's path is relative to the kubeconfig's folder. */
static int read_file(struct kubeconfig *kubeconfig, const char *base, const char *path,
		     char **ret_text, struct kinc_error *err)
{
	cleanup_free char *whole = NULL;
	const char *slash = strrchr(base, '/');

	if (path[0] == '/' || !slash)
		whole = strdup(path);
	else if (asprintf(&whole, "%.*s/%s", (int)(slash - base), base, path) < 0)
		whole = NULL;
	if (!whole)
		return kinc_error_errno(err, ENOMEM, "reading %s", path);
	remember(kubeconfig, whole);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): whole has its cleanup */
	return kinc_read_file(AT_FDCWD, whole, FILE_MAX, ret_text, NULL, err);
}

static int decode(const char *encoded, const char *key, char **ret_text, struct kinc_error *err)
{
	size_t size = strlen(encoded), padding = 0;
	cleanup_free char *plain = size <= FILE_MAX ? calloc(1, size / 4 * 3 + 1) : NULL;

	if (!plain)
		return kinc_error_errno(err, ENOMEM, "decoding %s", key);
	while (padding < 2 && padding < size && encoded[size - 1 - padding] == '=')
		padding++;
	int got = size % 4 == 0 ? EVP_DecodeBlock((unsigned char *)plain,
						  (const unsigned char *)encoded, (int)size)
				: -1;
	if (got < (int)padding)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): plain has its cleanup */
		return kinc_error_set(err, EPROTO, "%s is not base64", key);
	plain[(size_t)got - padding] = '\0';
	*ret_text = steal_ptr(&plain);
	return 0;
}

/* What stands under KEY-data, or in the file of KEY. */
static int read_pem(struct kubeconfig *kubeconfig, yaml_document_t *document,
		    const yaml_node_t *mapping, const char *base, const char *key, char **ret_text,
		    struct kinc_error *err)
{
	char data_key[40];

	snprintf(data_key, sizeof(data_key), "%s-data", key);
	const char *data = text(document, mapping, data_key), *path = text(document, mapping, key);
	if (data)
		return decode(data, data_key, ret_text, err);
	return path ? read_file(kubeconfig, base, path, ret_text, err) : 0;
}

static int read_token(struct kubeconfig *kubeconfig, yaml_document_t *document,
		      const yaml_node_t *user, const char *base, struct kinc_error *err)
{
	const char *path = text(document, user, "tokenFile"), *token = text(document, user, "token");
	int result = 0;

	if (path)
		result = read_file(kubeconfig, base, path, &kubeconfig->token, err);
	else if (token && !(kubeconfig->token = strdup(token)))
		result = kinc_error_errno(err, ENOMEM, "reading the token");
	if (result < 0 || !kubeconfig->token)
		return result;
	kubeconfig->token[strcspn(kubeconfig->token, "\r\n")] = '\0';
	for (const char *at = kubeconfig->token; *at; at++)
		if (*at <= ' ' || *at > '~')
			return kinc_error_set(err, EPROTO, "the token has a character that none has");
	return 0;
}

static int read_document(struct kubeconfig *kubeconfig, yaml_document_t *document, const char *path,
			 struct kinc_error *err)
{
	const yaml_node_t *root = yaml_document_get_root_node(document);
	const yaml_node_t *context = named(document, "contexts", "context",
					   text(document, root, "current-context"));
	const yaml_node_t *cluster =
		named(document, "clusters", "cluster", text(document, context, "cluster"));
	const yaml_node_t *user = named(document, "users", "user", text(document, context, "user"));
	const char *server = text(document, cluster, "server");

	if (!server)
		return kinc_error_set(err, EPROTO, "its current context leads to no server");
	if (strncmp(server, "https://", 8) != 0 && strncmp(server, "http://", 7) != 0)
		return kinc_error_set(err, EPROTO, "server \"%s\" is no https:// address", server);
	kubeconfig->server = strdup(server);
	if (!kubeconfig->server)
		return kinc_error_errno(err, ENOMEM, "reading it");
	for (size_t length = strlen(kubeconfig->server); kubeconfig->server[length - 1] == '/';)
		kubeconfig->server[--length] = '\0';
	int result = read_pem(kubeconfig, document, cluster, path, "certificate-authority",
			      &kubeconfig->authority, err);
	if (result == 0)
		result = read_pem(kubeconfig, document, user, path, "client-certificate",
				  &kubeconfig->certificate, err);
	if (result == 0)
		result = read_pem(kubeconfig, document, user, path, "client-key", &kubeconfig->key,
				  err);
	if (result == 0)
		result = read_token(kubeconfig, document, user, path, err);
	if (result == 0 && !kubeconfig->certificate != !kubeconfig->key)
		return kinc_error_set(err, EPROTO, "a client certificate and its key belong together");
	return result;
}

int kubeconfig_load(const char *path, struct kubeconfig *ret, struct kinc_error *err)
{
	cleanup_kubeconfig struct kubeconfig kubeconfig = {0};
	cleanup_free char *content = NULL;
	yaml_document_t document;
	yaml_parser_t parser;
	size_t size;

	remember(&kubeconfig, path);
	int result = kinc_read_file(AT_FDCWD, path, FILE_MAX, &content, &size, err);
	if (result < 0)
		return result; /* NOLINT(clang-analyzer-unix.Malloc): so has kubeconfig */
	if (!yaml_parser_initialize(&parser))
		return kinc_error_errno(err, ENOMEM, "%s", path);
	yaml_parser_set_input_string(&parser, (const unsigned char *)content, size);
	if (!yaml_parser_load(&parser, &document)) {
		kinc_error_set(err, EPROTO, "%s:%zu:%zu: %s", path, parser.problem_mark.line + 1,
			       parser.problem_mark.column + 1,
			       parser.problem ? parser.problem : "no YAML");
		yaml_parser_delete(&parser);
		return -EPROTO;
	}
	result = read_document(&kubeconfig, &document, path, err);
	yaml_document_delete(&document);
	yaml_parser_delete(&parser);
	if (result < 0) /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): so has kubeconfig */
		return kinc_error_prefix(err, "%s", path), result;
	*ret = kubeconfig;
	kubeconfig = (struct kubeconfig){0};
	return 0;
}

bool kubeconfig_changed(const struct kubeconfig *kubeconfig)
{
	for (size_t i = 0; i < kubeconfig->file_count; i++) {
		const struct kubeconfig_file *file = &kubeconfig->files[i];
		struct stat found = {0};
		(void)stat(file->path, &found);
		if (found.st_ino != file->inode || found.st_mtim.tv_sec != file->changed.tv_sec ||
		    found.st_mtim.tv_nsec != file->changed.tv_nsec)
			return true;
	}
	return false;
}

void kubeconfig_release(struct kubeconfig *kubeconfig)
{
	free(kubeconfig->server);
	free(kubeconfig->authority);
	free(kubeconfig->certificate);
	if (kubeconfig->key)
		explicit_bzero(kubeconfig->key, strlen(kubeconfig->key));
	free(kubeconfig->key);
	if (kubeconfig->token)
		explicit_bzero(kubeconfig->token, strlen(kubeconfig->token));
	free(kubeconfig->token);
	for (size_t i = 0; i < kubeconfig->file_count; i++)
		free(kubeconfig->files[i].path);
	*kubeconfig = (struct kubeconfig){0};
}
